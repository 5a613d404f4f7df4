"""A test case with an account of its own on a moto server."""

import unittest

import server
from aws import Aws, new_account


class MotoCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.url = server.shared()
        cls.aws = Aws(cls.url, new_account())
