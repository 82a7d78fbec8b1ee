"""A pytest plugin: what kafka-python's integration tests take from their module `test.service`, which its source
distribution leaves out. All of it is for brokers that the tests start themselves; they get one that runs already."""

import os
import sys
import types


class ExternalService:
    """A broker that somebody else has started, and will stop."""

    def __init__(self, host, port):
        self.host, self.port = host, port

    def stop(self):
        pass

    def dump_logs(self):
        pass


class SpawnedService:
    """A broker of the tests' own."""

    def __init__(self, *_, **__):
        raise RuntimeError("there is no Kafka here that tests could start")


# Python has a package of this name too, which would win over a folder without `__init__.py`.
TEST = sys.modules["test"] = types.ModuleType("test")
TEST.__path__ = [os.path.abspath("test")]
SERVICE = sys.modules["test.service"] = types.ModuleType("test.service")
SERVICE.ExternalService, SERVICE.SpawnedService = ExternalService, SpawnedService
