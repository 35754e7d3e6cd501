import pytest

from kommutator.store.database import Database
from tests.support.copied_salon import SalonCopy, VendorSalon, keep_salon


@pytest.fixture
def vendor() -> VendorSalon:
    return VendorSalon()


@pytest.fixture
async def copy(db: Database, vendor: VendorSalon) -> SalonCopy:
    return await keep_salon(db, vendor)
