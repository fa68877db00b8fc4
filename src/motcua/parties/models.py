"""Persons, organisations and accounts."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Account(AbstractBaseUser):
    """Who signs in."""

    username = models.CharField(max_length=150, unique=True)
    USERNAME_FIELD = "username"
    objects: BaseUserManager[Account] = BaseUserManager()
