"""The triggers that guard the ledger, as migrations create them and as `verify` expects them.

A set is never changed once a migration has used it: what comes later is a new set. Where a
client goes round our code and speaks SQL itself, these still hold:

- a transfer must continue the chain, while nothing is frozen, and say everything in codes;
- it moves the two balances and the head, and nothing else ever may: a balance that changes
  must be explained by the one transfer that it names;
- nothing is edited or deleted, also not by INSERT OR REPLACE or INSERT OR IGNORE, whose
  conflict rule SQLite hands on to the statements inside a trigger;
- a day's settlements stay below the cap, a release goes back to somebody who paid in, and a
  reversal is the exact mirror of a transfer that is no reversal itself.

TRUNCATE on PostgreSQL is a right of the owner of the tables: take it from the role that serves.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

SQLITE_1: Mapping[str, str] = {
    "ledger_transfers_check": """
CREATE TRIGGER ledger_transfers_check BEFORE INSERT ON ledger_transfers BEGIN
 SELECT CASE
  WHEN NOT EXISTS (SELECT 1 FROM ledger_head WHERE id = 1 AND frozen_at IS NULL)
   THEN RAISE(ABORT, 'ledger: frozen')
  WHEN NOT EXISTS (SELECT 1 FROM ledger_head
    WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash)
   THEN RAISE(ABORT, 'ledger: chain')
  WHEN EXISTS (SELECT 1 FROM ledger_transfers WHERE id = NEW.id)
   THEN RAISE(ABORT, 'ledger: repeated')
  WHEN typeof(NEW.minutes) <> 'integer' OR typeof(NEW.service_minutes) <> 'integer'
   THEN RAISE(ABORT, 'ledger: whole minutes')
  WHEN NEW.id || NEW.request || NEW.actor || NEW.on_behalf_of || NEW.second || NEW.reason
    || NEW.policy GLOB '*[^A-Za-z0-9:_.@-]*'
   THEN RAISE(ABORT, 'ledger: words')
  WHEN NEW.debit <> 'issuer' AND
    (SELECT balance FROM ledger_accounts WHERE id = NEW.debit) < NEW.minutes
   THEN RAISE(ABORT, 'ledger: floor')
  WHEN NEW.kind = 'settle' AND NEW.minutes
    + (SELECT coalesce(sum(t.minutes), 0) FROM ledger_transfers t
      WHERE t.credit = NEW.credit AND t.day = NEW.day AND t.kind = 'settle'
      AND NOT EXISTS (SELECT 1 FROM ledger_transfers r WHERE r.reverses = t.id))
    > (SELECT daily_cap FROM ledger_accounts WHERE id = NEW.credit)
   THEN RAISE(ABORT, 'ledger: daily cap')
  WHEN NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM ledger_transfers
    WHERE credit = NEW.debit AND kind = 'hold' AND debit || '' = NEW.credit)
   THEN RAISE(ABORT, 'ledger: release')
  WHEN NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_transfers
    WHERE id = NEW.reverses AND debit = NEW.credit AND credit = NEW.debit
    AND minutes = NEW.minutes AND reverses IS NULL)
   THEN RAISE(ABORT, 'ledger: reversal')
 END;
END""",
    "ledger_transfers_apply": """
CREATE TRIGGER ledger_transfers_apply AFTER INSERT ON ledger_transfers BEGIN
 UPDATE ledger_accounts SET balance = balance - NEW.minutes, last_seq = NEW.seq
  WHERE id = NEW.debit;
 UPDATE ledger_accounts SET balance = balance + NEW.minutes, last_seq = NEW.seq
  WHERE id = NEW.credit;
 UPDATE ledger_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1;
 SELECT CASE
  WHEN (SELECT last_seq FROM ledger_accounts WHERE id = NEW.debit) IS NOT NEW.seq
   OR (SELECT last_seq FROM ledger_accounts WHERE id = NEW.credit) IS NOT NEW.seq
   OR (SELECT seq FROM ledger_head WHERE id = 1) IS NOT NEW.seq
   THEN RAISE(ABORT, 'ledger: balance')
 END;
END""",
    "ledger_transfers_keep": """
CREATE TRIGGER ledger_transfers_keep BEFORE UPDATE ON ledger_transfers BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
    "ledger_transfers_stay": """
CREATE TRIGGER ledger_transfers_stay BEFORE DELETE ON ledger_transfers BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
    "ledger_accounts_open": """
CREATE TRIGGER ledger_accounts_open BEFORE INSERT ON ledger_accounts
WHEN NEW.balance <> 0 OR NEW.last_seq <> 0 BEGIN
 SELECT RAISE(ABORT, 'ledger: an account opens empty');
END""",
    "ledger_accounts_guard": """
CREATE TRIGGER ledger_accounts_guard BEFORE UPDATE OF id, balance, last_seq ON ledger_accounts
BEGIN
 SELECT CASE WHEN NEW.id <> OLD.id OR NEW.last_seq <= OLD.last_seq OR NOT EXISTS (
   SELECT 1 FROM ledger_transfers WHERE seq = NEW.last_seq
   AND ((debit = NEW.id AND NEW.balance = OLD.balance - minutes)
    OR (credit = NEW.id AND NEW.balance = OLD.balance + minutes)))
  THEN RAISE(ABORT, 'ledger: a balance only follows a transfer') END;
END""",
    "ledger_accounts_stay": """
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE ON ledger_accounts BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
    "ledger_head_open": """
CREATE TRIGGER ledger_head_open BEFORE INSERT ON ledger_head
WHEN NEW.seq <> 0 OR NEW.hash GLOB '*[^0]*' BEGIN
 SELECT RAISE(ABORT, 'ledger: a chain begins at its beginning');
END""",
    "ledger_head_guard": """
CREATE TRIGGER ledger_head_guard BEFORE UPDATE OF id, seq, hash ON ledger_head BEGIN
 SELECT CASE WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
   SELECT 1 FROM ledger_transfers
   WHERE seq = NEW.seq AND hash = NEW.hash AND prev_hash = OLD.hash)
  THEN RAISE(ABORT, 'ledger: the head only follows a transfer') END;
END""",
    "ledger_head_stay": """
CREATE TRIGGER ledger_head_stay BEFORE DELETE ON ledger_head BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
    "ledger_seals_keep": """
CREATE TRIGGER ledger_seals_keep BEFORE UPDATE ON ledger_seals BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
    "ledger_seals_stay": """
CREATE TRIGGER ledger_seals_stay BEFORE DELETE ON ledger_seals BEGIN
 SELECT RAISE(ABORT, 'ledger: append only');
END""",
}

FUNCTIONS_1: Mapping[str, str] = {
    "ledger_transfers_apply": """
DECLARE
 account record;
 cap integer;
BEGIN
 UPDATE ledger_head SET seq = NEW.seq, hash = NEW.hash
  WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash AND frozen_at IS NULL;
 IF NOT FOUND THEN
  IF EXISTS (SELECT 1 FROM ledger_head WHERE frozen_at IS NOT NULL) THEN
   RAISE EXCEPTION 'ledger: frozen' USING ERRCODE = 'check_violation';
  END IF;
  RAISE EXCEPTION 'ledger: chain' USING ERRCODE = 'check_violation';
 END IF;
 IF NEW.id || NEW.request || NEW.actor || NEW.on_behalf_of || NEW.second || NEW.reason
    || NEW.policy ~ '[^A-Za-z0-9:_.@-]' THEN
  RAISE EXCEPTION 'ledger: words' USING ERRCODE = 'check_violation';
 END IF;
 FOR account IN SELECT id, daily_cap FROM ledger_accounts
   WHERE id IN (NEW.debit, NEW.credit) ORDER BY id FOR NO KEY UPDATE LOOP
  IF account.id = NEW.credit THEN
   cap = account.daily_cap;
  END IF;
 END LOOP;
 IF NEW.kind = 'settle' AND cap IS NOT NULL AND cap < (SELECT sum(t.minutes)
   FROM ledger_transfers t
   WHERE t.credit = NEW.credit AND t.day = NEW.day AND t.kind = 'settle'
   AND NOT EXISTS (SELECT 1 FROM ledger_transfers r WHERE r.reverses = t.id)) THEN
  RAISE EXCEPTION 'ledger: daily cap' USING ERRCODE = 'check_violation';
 END IF;
 IF NEW.kind = 'release' AND NOT EXISTS (SELECT 1 FROM ledger_transfers
   WHERE credit = NEW.debit AND kind = 'hold' AND debit || '' = NEW.credit) THEN
  RAISE EXCEPTION 'ledger: release' USING ERRCODE = 'check_violation';
 END IF;
 IF NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_transfers
   WHERE id = NEW.reverses AND debit = NEW.credit AND credit = NEW.debit
   AND minutes = NEW.minutes AND reverses IS NULL) THEN
  RAISE EXCEPTION 'ledger: reversal' USING ERRCODE = 'check_violation';
 END IF;
 UPDATE ledger_accounts SET last_seq = NEW.seq, balance = balance
  + CASE WHEN id = NEW.credit THEN NEW.minutes ELSE - NEW.minutes END
  WHERE id IN (NEW.debit, NEW.credit);
 RETURN NULL;
END""",
    "ledger_keep": """
BEGIN
 RAISE EXCEPTION 'ledger: append only' USING ERRCODE = 'check_violation';
END""",
    "ledger_accounts_guard": """
BEGIN
 IF TG_OP = 'INSERT' THEN
  IF NEW.balance <> 0 OR NEW.last_seq <> 0 THEN
   RAISE EXCEPTION 'ledger: an account opens empty' USING ERRCODE = 'check_violation';
  END IF;
 ELSIF NEW.id <> OLD.id OR NEW.last_seq <= OLD.last_seq OR NOT EXISTS (
   SELECT 1 FROM ledger_transfers WHERE seq = NEW.last_seq
   AND ((debit = NEW.id AND NEW.balance = OLD.balance - minutes)
    OR (credit = NEW.id AND NEW.balance = OLD.balance + minutes))) THEN
  RAISE EXCEPTION 'ledger: a balance only follows a transfer' USING ERRCODE = 'check_violation';
 END IF;
 RETURN NEW;
END""",
    "ledger_head_guard": """
BEGIN
 IF TG_OP = 'INSERT' THEN
  IF NEW.seq <> 0 OR NEW.hash ~ '[^0]' THEN
   RAISE EXCEPTION 'ledger: a chain begins at its beginning' USING ERRCODE = 'check_violation';
  END IF;
 ELSIF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
   SELECT 1 FROM ledger_transfers
   WHERE seq = NEW.seq AND hash = NEW.hash AND prev_hash = OLD.hash) THEN
  RAISE EXCEPTION 'ledger: the head only follows a transfer' USING ERRCODE = 'check_violation';
 END IF;
 RETURN NEW;
END""",
}

# trigger: when, on which table, which function
_TRIGGERS_1: Mapping[str, tuple[str, str, str]] = {
    "ledger_transfers_apply": ("AFTER INSERT", "ledger_transfers", "ledger_transfers_apply"),
    "ledger_transfers_keep": ("BEFORE DELETE OR UPDATE", "ledger_transfers", "ledger_keep"),
    "ledger_accounts_guard": (
        "BEFORE INSERT OR UPDATE OF id, balance, last_seq",
        "ledger_accounts",
        "ledger_accounts_guard",
    ),
    "ledger_accounts_keep": ("BEFORE DELETE", "ledger_accounts", "ledger_keep"),
    "ledger_head_guard": (
        "BEFORE INSERT OR UPDATE OF id, seq, hash",
        "ledger_head",
        "ledger_head_guard",
    ),
    "ledger_head_keep": ("BEFORE DELETE", "ledger_head", "ledger_keep"),
    "ledger_seals_keep": ("BEFORE DELETE OR UPDATE", "ledger_seals", "ledger_keep"),
}

POSTGRES_1: Mapping[str, str] = {
    **{
        f"function {name}": f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $ledger${body}\n$ledger$"
        for name, body in FUNCTIONS_1.items()
    },
    **{
        name: f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        for name, (when, table, function) in _TRIGGERS_1.items()
    },
}

CONSTRAINTS = {
    "ledger_accounts": ("floor", "ceiling", "closed", "form"),
    "ledger_transfers": (
        "minutes",
        "service_minutes",
        "two_accounts",
        "not_by_herself",
        "two_people",
        "legal",
    ),
    "ledger_head": ("only_one",),
}


def missing(connection: Connection) -> list[str]:
    """Return the triggers and constraints that are gone, switched off, or not as we made them."""
    if connection.dialect.name == "sqlite":
        return _missing_on_sqlite(connection)
    return _missing_on_postgres(connection)


def _missing_on_sqlite(connection: Connection) -> list[str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    found = {row.name: row.sql for row in rows}
    gone = [name for name, sql in SQLITE_1.items() if found.get(name, "") != sql.strip()]
    return gone + [
        f"ck_{table}_{name}"
        for table, names in CONSTRAINTS.items()
        for name in names
        if f"ck_{table}_{name} " not in found.get(table, "")
    ]


def _missing_on_postgres(connection: Connection) -> list[str]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, p.prosrc, t.tgenabled, pg_get_triggerdef(t.oid) AS made"
            " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    found = {row.tgname: row for row in rows}
    gone = [name for name in _TRIGGERS_1 if not _is_as_made(found.get(name), name)]
    checks = connection.execute(
        text(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND convalidated"
            " AND connamespace = current_schema()::regnamespace"
        )
    )
    there = {row.conname for row in checks}
    wanted = [f"ck_{table}_{name}" for table, names in CONSTRAINTS.items() for name in names]
    return gone + [name for name in wanted if name not in there]


def _is_as_made(row: Row[Any] | None, name: str) -> bool:
    if row is None or row.tgenabled not in (b"O", "O"):
        return False
    when, table, function = _TRIGGERS_1[name]
    made = (
        rf"CREATE TRIGGER {name} {when} ON (\w+\.)?{table}"
        rf" FOR EACH ROW EXECUTE FUNCTION (\w+\.)?{function}\(\)"
    )
    body: str = row.prosrc
    return re.fullmatch(made, row.made) is not None and body == f"{FUNCTIONS_1[function]}\n"
