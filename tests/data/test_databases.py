"""Tables of a real SQLite file and a real PostgreSQL: read like files, and no password in anything that is written."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from leadscore import errors
from leadscore.cli import app
from leadscore.data.databases import cell_text, stream_table, tables_of
from leadscore.data.guess import guess_export
from leadscore.data.locations import DatabaseTable, located
from leadscore.data.numbers import parse_number
from leadscore.data.sources import Sources
from leadscore.data.tables import read_table, stream_tables
from leadscore.training.pipeline import read
from leadscore.training.recipe import load_recipe

DATES = {"leads": ["Created", "Last Activity Date"], "activities": ["At"]}
DATES["outcomes"] = ["Worked At", "Qualified At", "Disqualified At", "Closed At"]


def engine_of(url: str) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sqlalchemy.NullPool)


def load(url: str, folder: Path) -> str:
    """The sample with typed columns, and the accounts of its leads, in a database."""
    tables = {name: pd.read_csv(folder / f"{name}.csv", parse_dates=dates) for name, dates in DATES.items()}
    companies = tables["leads"]["Company"].dropna().unique()
    tables["accounts"] = pd.DataFrame({"Company": companies, "Locations": range(len(companies))}).assign(Plan="Free")
    engine = engine_of(url)
    for name, frame in tables.items():
        frame.to_sql(name, engine, index=False)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def postgres(postgres_url, sample_folder):
    return load(postgres_url, sample_folder)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory, sample_folder):
    return load(f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/crm.db", sample_folder)


@pytest.fixture
def password(postgres_url):
    return unquote(DatabaseTable.parse(postgres_url).secrets[0])


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LEADSCORE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(w) for w in words])
    if code == 0:
        assert result.exception is None, result.output
    else:
        assert isinstance(result.exception, errors.LeadScoreError)
        assert result.exception.exit_code == code
    return result.output + str(result.exception or "")


def few_trials(recipe: Path) -> Path:
    recipe.write_text(recipe.read_text() + "\n[search]\ntrials = 2\n")
    return recipe


def test_a_postgresql_trains_and_scores_as_init_wrote_it_and_no_password_lies_anywhere(
    postgres, password, home, monkeypatch
):
    said = run("init", postgres, "--out", "crm.toml")
    assert "set CRM_PASSWORD in the environment" in said
    recipe = load_recipe(few_trials(home / "crm.toml"))
    assert recipe.data.leads.table == "leads"
    assert [log.file.table for log in recipe.data.logs] == ["activities"]
    assert {join.file.table for join in recipe.data.join} == {"accounts", "outcomes"}
    refused = run("train", "crm.toml", code=3)
    assert "CRM_PASSWORD is not set" in refused

    monkeypatch.setenv("CRM_PASSWORD", password)
    trained = run("train", "crm.toml", "--json")
    assert '"roc_auc"' in trained
    # The second URL is the one that a user types, password and all.
    log = f"{postgres}#activities"
    scored = run("score", f"{postgres}#leads", "--activities", log, "--out", "scored.csv", "--model", "challenger")
    assert "3000 leads scored" in scored
    assert len(pd.read_csv("scored.csv")) == 3000

    written = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert len(written) > 10
    for secret in (password, postgres.split("ann:")[1].split("@")[0]):
        assert not any(secret in text for text in (said, refused, trained, scored))
        assert not any(secret.encode() in content for content in written)


def test_a_sqlite_file_trains_as_init_wrote_it_and_moves_with_its_recipe(sqlite, home):
    inner = home / "crm"
    inner.mkdir()
    (inner / "crm.db").write_bytes(DatabaseTable.parse(sqlite).file.read_bytes())
    run("init", "sqlite:///crm/crm.db", "--out", "crm/crm.toml")
    assert 'url = "sqlite:///crm.db"' in few_trials(inner / "crm.toml").read_text()
    inner.rename(home / "moved")
    assert json.loads(run("train", "moved/crm.toml", "--json", "--quiet"))["stages"]["close"]["roc_auc"] > 0.6


def test_database_and_files_are_guessed_alike(sqlite, postgres, sample_folder):
    files = guess_export(["leads.csv", "activities.csv", "outcomes.csv"], folder=sample_folder)
    for url in (sqlite, postgres):
        tables = [f"{url}#{name}" for name in ("leads", "activities", "outcomes")]
        found = guess_export(tables, folder=Path())
        assert found.outcomes == files.outcomes
        assert found.lead == files.lead
        assert found.rows == files.rows
        assert found.columns == files.columns


def test_urls_stand_in_for_the_leads_of_a_recipe(sqlite, postgres, password, sample_folder, home):
    recipe = sample_folder / "sample.toml"
    said = run("audit", recipe, "--data", f"{sqlite}#leads", "--later", f"{postgres}#leads")
    assert "Lead Source" in said
    assert password not in said
    assert len(read(load_recipe(recipe), f"{sqlite}#leads")) == len(read(load_recipe(recipe)))


@pytest.fixture
def typed(postgres_url):
    """A table of one row with a value of each kind, and an empty row."""
    engine = engine_of(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop schema if exists odd cascade")
        connection.exec_driver_sql("create schema odd")
        connection.exec_driver_sql("create type odd.mood as enum ('glad', 'sad')")
        connection.exec_driver_sql(
            'create table odd."Kinds" (id bigint primary key, "Höhe" numeric(30, 3), amount numeric(20, 2), ratio '
            "double precision, won boolean, at timestamptz, plain timestamp, day date, key uuid, extra jsonb, tags "
            "text[], mood odd.mood, raw bytea, code text)"
        )
        connection.exec_driver_sql(
            "insert into odd.\"Kinds\" values (1, 1.234, 12345678901.10, 1e-7, true, '2024-03-31 03:00+02', "
            "'2024-03-31 03:00', '2024-02-29', '00000000-0000-0000-0000-000000000001', '{\"a\": [1.5]}', '{x,y}', "
            "'glad', '\\x00ff', '007')",
            execution_options={"no_parameters": True},
        )
        connection.exec_driver_sql('insert into odd."Kinds" (id) values (2)')
    engine.dispose()
    return DatabaseTable.parse(f"{postgres_url}#odd.Kinds")


def test_each_type_of_postgresql_arrives_as_text_without_loss(typed):
    first, second = read_table(typed).to_dict("records")
    assert datetime.fromisoformat(first.pop("at")) == datetime(2024, 3, 31, 1, tzinfo=UTC)
    assert first == {
        "id": "1",
        "Höhe": "1.2340",
        "amount": "12345678901.10",
        "ratio": "1e-07",
        "won": "True",
        "plain": "2024-03-31 03:00:00",
        "day": "2024-02-29",
        "key": "00000000-0000-0000-0000-000000000001",
        "extra": '{"a": [1.5]}',
        "tags": '["x", "y"]',
        "mood": "glad",
        "raw": "00ff",
        "code": "007",
    }
    assert second.pop("id") == "2"
    assert set(second.values()) == {""}


def test_a_long_id_of_sqlite_is_not_rounded(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("create table t (id integer, code text, share real)")
        connection.execute("insert into t values (9007199254740993, '0012', 0.5), (2, null, null)")
    connection.close()
    found = read_table(located("sqlite:///a.db", tmp_path)).to_dict("records")
    assert found == [{"id": "9007199254740993", "code": "0012", "share": "0.5"}, {"id": "2", "code": "", "share": ""}]


@given(st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=6)))
def test_whole_and_decimal_numbers_are_written_as_they_are(number):
    assert Decimal(cell_text(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_back_as_itself(number):
    assert float(cell_text(number)) == number
    if 1 < abs(number) < 1e6:
        assert parse_number(cell_text(number), ".") == pytest.approx(number)


@given(st.dates())
def test_dates_are_iso(day):
    assert date.fromisoformat(cell_text(day)) == day


def test_a_table_is_read_in_pieces(sqlite):
    table = DatabaseTable.parse(f"{sqlite}#leads")
    pieces = list(stream_tables(table, rows=1000))
    assert [len(piece) for piece in pieces] == [1000, 1000, 1000]
    assert pd.concat(pieces, ignore_index=True).equals(read_table(table))
    first = next(iter(stream_table(table, rows=10)))
    assert list(first.index) == list(range(1, 11))


def test_a_query_is_read_as_it_stands(postgres, sqlite):
    query = """select "Lead ID", 'a:b %' as sign from leads where "Lead ID" like '%-00000_' order by 1;"""
    for url in (postgres, sqlite):
        found = read_table(DatabaseTable(url=url, query=query))
        assert found["Lead ID"].tolist() == [f"L-00000{i}" for i in range(1, 10)]
        assert set(found["sign"]) == {"a:b %"}


def test_an_empty_table_has_its_columns(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("create table t (id integer, name text)")
    connection.close()
    found = read_table(located("sqlite:///a.db#t", tmp_path))
    assert (list(found.columns), len(found)) == (["id", "name"], 0)


def test_nothing_is_changed_by_reading(postgres):
    with pytest.raises(errors.BadInput):
        read_table(DatabaseTable(url=postgres, query="delete from leads returning *"))
    with pytest.raises(errors.BadInput, match="read-only"):
        read_table(DatabaseTable(url=postgres, query="select lo_create(0)"))
    assert len(read_table(DatabaseTable.parse(f"{postgres}#leads"))) == 3000


def test_faults_name_what_is_there_and_what_to_mend(sqlite, postgres):
    wrong = {
        "#nobody": "no table 'nobody'; it has 'accounts', 'activities', 'leads', 'outcomes'",
        "": "4 tables: 'accounts', 'activities', 'leads', 'outcomes'. Name one",
    }
    for url in (sqlite, postgres):
        for suffix, said in wrong.items():
            with pytest.raises(errors.BadInput, match=said):
                read_table(DatabaseTable.parse(url + suffix))
        with pytest.raises(errors.BadInput, match="two columns called 'a'"):
            read_table(DatabaseTable(url=url, query="select 1 as a, 2 as a"))
        for query in ("select * from nobody", "selct 1", "select nothing from leads"):
            with pytest.raises(errors.BadInput, match="refuses to read this"):
                read_table(DatabaseTable(url=url, query=query))


def test_a_database_that_is_not_there_is_out_of_reach(postgres, tmp_path):
    table = f"{postgres}#leads"
    right = DatabaseTable.parse(table).secrets[0]
    for url in (table.replace(right, "wr%40ng"), "postgresql://ann:wr%40ng@127.0.0.1:1/crm#leads"):
        with pytest.raises(errors.OutOfReach, match="cannot be reached") as caught:
            read_table(located(url))
        assert not any(secret in str(caught.value) for secret in ("wr%40ng", "wr@ng"))
    with pytest.raises(errors.BadInput, match="no such SQLite file"):
        read_table(located("sqlite:///crm.db", tmp_path))
    assert not (tmp_path / "crm.db").exists()
    (tmp_path / "text.db").write_text("this is no database, " * 99)
    with pytest.raises(errors.BadInput, match="not a database"):
        read_table(located("sqlite:///text.db", tmp_path))
    (tmp_path / "none.db").touch()
    with pytest.raises(errors.BadInput, match="has no table"):
        tables_of(located("sqlite:///none.db", tmp_path))


@pytest.mark.parametrize(
    ("url", "missing", "extra"),
    [
        ("sqlite:///a.db", "sqlalchemy", "leadscore[sql]"),
        ("postgresql://h/db", "psycopg", "leadscore[postgres]"),
        ("mysql+pymysql://h/db", "pymysql", "install 'pymysql'"),
        ("nosuch://h/db", "nosuch", "knows no database 'nosuch'"),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, url, missing, extra):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(errors.MissingExtra) as caught:
        read_table(located(url))
    assert extra in str(caught.value)


SECRETS = ["tiger", "p@ss", "p%40ss", "a/b", "a:b", "wor#d", "q?x"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_password_is_written_nowhere_and_its_name_is(secret):
    table = DatabaseTable.parse(
        f"postgresql://ann:{secret}@db:5432/crm-1?sslmode=require&sslpassword={quote(secret)}#sales.leads"
    )
    shown = "postgresql://ann:${CRM_1_PASSWORD}@db:5432/crm-1?sslmode=require&sslpassword=${CRM_1_SSLPASSWORD}"
    sources = Sources(leads=table, activities={"url": table.url, "query": "select 1"})
    for model in (table, sources, load_like_a_recipe(sources)):
        assert not any(secret in text for text in (str(model), repr(model), model.model_dump_json()))
    assert table.shown_url == shown
    assert table.table == "sales.leads"
    assert str(table) == "postgresql://ann@db:5432/crm-1#sales.leads"
    assert sources.environment == ("CRM_1_PASSWORD", "CRM_1_SSLPASSWORD")


def load_like_a_recipe(sources: Sources) -> Sources:
    return Sources.model_validate(json.loads(sources.model_dump_json()))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_password_of_the_environment_reaches_the_database(secret):
    table = DatabaseTable(url="postgresql://ann:${CRM_PASSWORD}@db/crm")
    assert sqlalchemy.make_url(table.filled({"CRM_PASSWORD": secret}).url).password == secret
    whole = DatabaseTable(url="${CRM_URL}").filled({"CRM_URL": f"postgresql://ann:{'p@ss'}@db/crm"})
    assert whole.secrets == ("p@ss",)


def test_a_wrong_key_beside_a_url_is_named(tmp_path):
    recipe = tmp_path / "a.toml"
    for data, said in {
        'leads = { url = "sqlite:///a.db", tabel = "x" }': "unknown key 'tabel' .*did you mean 'table'",
        'leads = { url = "a.db" }': "is no URL of a database",
        'leads = { url = "sqlite:///a.db", table = "x", query = "select 1" }': "not both",
        'activities = { url = "sqlite:///a.db", tabel = "x" }': "unknown key 'tabel'",
    }.items():
        recipe.write_text(f'[data]\n{data}\n[close]\ncolumn = "Won"\n')
        with pytest.raises(errors.RecipeError, match=said):
            load_recipe(recipe)


def test_sqlalchemy_is_not_loaded_before_a_database_is_read():
    code = "import sys, leadscore, leadscore.data.sources; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
