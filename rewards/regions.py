"""Where people in Korea live, as members say it and campaigns ask for it."""

from django.db import models


class Region(models.TextChoices):
    """A province or a city of its rank."""

    SEOUL = "SEOUL", "서울"
    BUSAN = "BUSAN", "부산"
    DAEGU = "DAEGU", "대구"
    INCHEON = "INCHEON", "인천"
    GWANGJU = "GWANGJU", "광주"
    DAEJEON = "DAEJEON", "대전"
    ULSAN = "ULSAN", "울산"
    SEJONG = "SEJONG", "세종"
    GYEONGGI = "GYEONGGI", "경기"
    GANGWON = "GANGWON", "강원"
    CHUNGBUK = "CHUNGBUK", "충북"
    CHUNGNAM = "CHUNGNAM", "충남"
    JEONBUK = "JEONBUK", "전북"
    JEONNAM = "JEONNAM", "전남"
    GYEONGBUK = "GYEONGBUK", "경북"
    GYEONGNAM = "GYEONGNAM", "경남"
    JEJU = "JEJU", "제주"
