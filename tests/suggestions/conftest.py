from tests.accounts.conftest import client_of

__all__ = ["client_of"]
