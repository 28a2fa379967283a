"""Logs in to the stand-in with pymssql, which is FreeTDS: changes a password and is refused with the old one."""
import os
import sys

import pymssql

host, port, user, old, new = sys.argv[1:]


def connect(password):
    return pymssql.connect(server=host, port=port, user=user, password=password, database="master", tds_version="7.4", encryption="require", autocommit=True, login_timeout=10)


connection = connect(old)
cursor = connection.cursor()
cursor.execute("SELECT SUSER_SNAME()")
assert cursor.fetchone()[0] == user
try:
    cursor.execute("DROP TABLE x")
    sys.exit("DROP TABLE was not refused")
except pymssql.Error as error:
    assert error.args[0] == 102, error
cursor.execute(f"ALTER LOGIN [{user}] WITH PASSWORD = N'{new}' OLD_PASSWORD = N'{old}'")
connection.close()

connect(new).close()
try:
    connect(old)
    sys.exit("the old password was not refused")
except pymssql.Error as error:
    assert "18456" in str(error), error
print("PASS")
