"""Threads of questions and answers, and the pages that operators write."""

from inquiries.models.pages import Faq, Guide, GuideSnapshot, Notice, SnapshotPicture
from inquiries.models.threads import Attachment, Guest, Inquiry, Message, MessageQuerySet

__all__ = ["Attachment", "Faq", "Guest", "Guide", "GuideSnapshot", "Inquiry", "Message", "MessageQuerySet", "Notice", "SnapshotPicture"]
