"""Korean dates as our tables write them; Django's own say "12:58 오후"."""

DATE_FORMAT = "Y.m.d"
DATETIME_FORMAT = "Y.m.d H:i"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "Y.m.d"
SHORT_DATETIME_FORMAT = "Y.m.d H:i"
