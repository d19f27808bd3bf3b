import os
import pwd
from pathlib import Path

import pytest

from portal.stack import places
from portal.stack.console import Trouble
from portal.stack.places import Account

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run the database")
US = Account("us", os.geteuid(), os.getegid())


@pytest.fixture
def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account("nobody", entry.pw_uid, entry.pw_gid)


@pytest.fixture
def open_path(tmp_path: Path) -> Path:
    """A folder that everybody can walk to; pytest's own are for us alone."""
    folder = places.short_folder()
    folder.chmod(0o755)
    yield folder
    places.remove(folder)


def test_data_live_in_the_checkout(tmp_path: Path) -> None:
    assert places.data_folder(tmp_path, US) == tmp_path / ".data"


@as_root
def test_data_live_in_the_checkout_where_the_databases_user_gets_in(open_path: Path, nobody: Account) -> None:
    os.umask(umask := os.umask(0o077))
    os.umask(0o077)
    try:
        folder = places.data_folder(open_path, nobody)
    finally:
        os.umask(umask)

    assert folder == open_path / ".data"
    assert nobody.can_enter(folder)


@as_root
def test_under_a_folder_for_root_alone_data_live_in_var_tmp(tmp_path: Path, open_path: Path, nobody: Account) -> None:
    tmp_path.chmod(0o700)

    folder = places.data_folder(tmp_path, nobody, var_tmp=open_path)

    assert folder.parent == open_path
    assert nobody.can_enter(folder)
    assert places.data_folder(tmp_path, nobody, var_tmp=open_path) == folder


@as_root
def test_a_folder_in_var_tmp_that_somebody_else_made_is_refused(
    tmp_path: Path, open_path: Path, nobody: Account
) -> None:
    tmp_path.chmod(0o700)
    folder = places.data_folder(tmp_path, nobody, var_tmp=open_path)
    os.chown(folder, nobody.uid, nobody.gid)

    with pytest.raises(Trouble, match="is not ours: have it removed"):
        places.data_folder(tmp_path, nobody, var_tmp=open_path)


def test_a_sockets_folder_is_short_and_private() -> None:
    folder = places.short_folder()

    try:
        assert len(str(folder / ".s.PGSQL.5432")) < 60
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        places.remove(folder)
