"""
The wizard: five steps and a page to look at everything before it is submitted.

`steps` says what each step asks and what is wrong with the answers, `fields` draws them, `drafts` keeps them, `copies` starts a draft
from something that exists.
"""
