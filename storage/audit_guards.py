"""The triggers that guard the audit, as migrations create them.

A set is never changed once a migration has used it: what comes later is a new set. Where a
client goes round our code and speaks SQL itself, these still hold: a row continues the chain
and says everything in codes, the head moves by a row alone, and nothing is edited or deleted,
also not by INSERT OR REPLACE.

TRUNCATE on PostgreSQL is a right of the owner of the tables: take it from the role that serves.
"""

from collections.abc import Mapping

SQLITE_1: Mapping[str, str] = {
    "audit_rows_check": """
CREATE TRIGGER audit_rows_check BEFORE INSERT ON audit_rows BEGIN
 SELECT CASE
  WHEN NOT EXISTS (SELECT 1 FROM audit_head
    WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash)
   THEN RAISE(ABORT, 'audit: chain')
  WHEN NEW.act || NEW.actor || NEW.subject || NEW.reason GLOB '*[^A-Za-z0-9:_.@ -]*'
   THEN RAISE(ABORT, 'audit: words')
 END;
END""",
    "audit_rows_apply": """
CREATE TRIGGER audit_rows_apply AFTER INSERT ON audit_rows BEGIN
 UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1;
 SELECT CASE WHEN (SELECT seq FROM audit_head WHERE id = 1) IS NOT NEW.seq
  THEN RAISE(ABORT, 'audit: chain') END;
END""",
    "audit_rows_keep": """
CREATE TRIGGER audit_rows_keep BEFORE UPDATE ON audit_rows BEGIN
 SELECT RAISE(ABORT, 'audit: append only');
END""",
    "audit_rows_stay": """
CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit_rows BEGIN
 SELECT RAISE(ABORT, 'audit: append only');
END""",
    "audit_head_open": """
CREATE TRIGGER audit_head_open BEFORE INSERT ON audit_head
WHEN NEW.seq <> 0 OR NEW.hash GLOB '*[^0]*' OR EXISTS (SELECT 1 FROM audit_rows) BEGIN
 SELECT RAISE(ABORT, 'audit: a chain begins at its beginning');
END""",
    "audit_head_guard": """
CREATE TRIGGER audit_head_guard BEFORE UPDATE ON audit_head BEGIN
 SELECT CASE WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
   SELECT 1 FROM audit_rows
   WHERE seq = NEW.seq AND hash = NEW.hash AND prev_hash = OLD.hash)
  THEN RAISE(ABORT, 'audit: the head only follows a row') END;
END""",
    "audit_head_stay": """
CREATE TRIGGER audit_head_stay BEFORE DELETE ON audit_head BEGIN
 SELECT RAISE(ABORT, 'audit: append only');
END""",
}

FUNCTIONS_1: Mapping[str, str] = {
    "audit_rows_apply": """
BEGIN
 UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash
  WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.prev_hash;
 IF NOT FOUND THEN
  RAISE EXCEPTION 'audit: chain' USING ERRCODE = 'check_violation';
 END IF;
 IF NEW.act || NEW.actor || NEW.subject || NEW.reason ~ '[^A-Za-z0-9:_.@ -]' THEN
  RAISE EXCEPTION 'audit: words' USING ERRCODE = 'check_violation';
 END IF;
 RETURN NULL;
END""",
    "audit_keep": """
BEGIN
 RAISE EXCEPTION 'audit: append only' USING ERRCODE = 'check_violation';
END""",
    "audit_head_guard": """
BEGIN
 IF TG_OP = 'INSERT' THEN
  IF NEW.seq <> 0 OR NEW.hash ~ '[^0]' THEN
   RAISE EXCEPTION 'audit: a chain begins at its beginning' USING ERRCODE = 'check_violation';
  END IF;
 ELSIF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
   SELECT 1 FROM audit_rows
   WHERE seq = NEW.seq AND hash = NEW.hash AND prev_hash = OLD.hash) THEN
  RAISE EXCEPTION 'audit: the head only follows a row' USING ERRCODE = 'check_violation';
 END IF;
 RETURN NEW;
END""",
}

# trigger: when, on which table, which function
TRIGGERS_1: Mapping[str, tuple[str, str, str]] = {
    "audit_rows_apply": ("AFTER INSERT", "audit_rows", "audit_rows_apply"),
    "audit_rows_keep": ("BEFORE DELETE OR UPDATE", "audit_rows", "audit_keep"),
    "audit_head_guard": ("BEFORE INSERT OR UPDATE", "audit_head", "audit_head_guard"),
    "audit_head_keep": ("BEFORE DELETE", "audit_head", "audit_keep"),
}

POSTGRES_1: Mapping[str, str] = {
    **{
        f"function {name}": f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $audit${body}\n$audit$"
        for name, body in FUNCTIONS_1.items()
    },
    **{
        name: f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        for name, (when, table, function) in TRIGGERS_1.items()
    },
}
