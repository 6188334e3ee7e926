"""Questions that once were answered wrong, as files: two lines of comment, then the SQL."""

import json
from pathlib import Path

from tests.fuzz.grammar import Question

FOLDER = Path(__file__).parent / "cases"


def saved() -> list[Path]:
    """Every case."""
    return sorted(FOLDER.glob("*.sql"))


def read(path: Path) -> Question:
    """The question of a case."""
    _, settings, sql = path.read_text().split("\n", 2)
    told = json.loads(settings.removeprefix("-- "))
    return Question(sql.strip(), tuple(told["keys"]), told["limited"])


def save(name: str, question: Question, why: str, folder: Path = FOLDER) -> Path:
    """Write a case; ``why`` is told in its first line."""
    settings = json.dumps({"keys": question.keys, "limited": question.limited})
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.sql"
    path.write_text(f"-- {' '.join(why.split())[:200]}\n-- {settings}\n{question.sql}\n")
    return path
