#!/usr/bin/env python3
"""Score tokenized records by their influence on a target set, as LESS does: how far a step of training on the record
would also be one on the target.

    grape-tokenize -m MODEL target.jsonl > target-tokens.jsonl
    grape-tokenize -m MODEL candidates.jsonl |
        less_scorer.py -m MODEL --target target-tokens.jsonl | grape-pick > sft.jsonl

Follows Xia et al., "LESS: Selecting Influential Data for Targeted Instruction Tuning" (arXiv 2402.04333, sections 3 and
4). For a record z, the subtasks D of the target set, and checkpoints t of a short training with weights w:

    score(z) = max over D of  sum over t of  w(t) cos(P G(z, t), P g(D, t))

g(D, t) is the mean of the gradients, at checkpoint t, of the mean loss of a target record's response tokens; G(z, t) is the
record's own gradient, or with --adam the step that Adam would take from its state at t. P is a random projection to
--dimensions numbers, the same everywhere: each coordinate is added, with a random sign, to one of them. It keeps
cosines to about 1 / sqrt(dimensions).

A checkpoint is a folder of PEFT with LoRA adapters, whose gradients are taken as in the paper; or any causal language
model, where those of the attention's weights are taken, which adapters would approximate. PEFT itself is not needed.

Exit status: 0 when all records were scored, 1 when some were left out, 2 when the work could not be done.

Needs torch and transformers.
"""
import argparse
import json
import os
import re

from models import CausalModel
from scoring import BadRecord, Failure, Scoring, learned, main

NAME = "less_scorer.py"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True, action="append", help="a checkpoint: folder with a model or LoRA adapters, or name on the Hugging Face hub; may be repeated")
    parser.add_argument("--weight", type=float, action="append", metavar="W", help="weight of the checkpoint named in the same place, in the paper its mean learning rate (default: all the same)")
    parser.add_argument("--target", required=True, metavar="FILE", help="tokenized records to have influence on")
    parser.add_argument("--subtask", metavar="PATH", help="where a target record says which subtask it is of (default: all are of one)")
    parser.add_argument("--mean", action="store_true", help="the mean of the influences on the subtasks, not the greatest")
    parser.add_argument("--adam", action="store_true", help="take Adam's steps; needs adapters, with optimizer.pt in the same folder")
    parser.add_argument("--parameters", default="attn|attention", metavar="REGEX", help="whose gradients are taken, of a model without adapters: matrices with such names (default: attn|attention)")
    parser.add_argument("--dimensions", type=int, default=8192, metavar="D", help="of the projected gradients; 0 projects nothing, for small models (default: 8192)")
    parser.add_argument("--seed", type=int, default=0, help="of the projection (default: 0)")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float64"], help="default: float32")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps, ... (default: a GPU if there is one)")
    parser.add_argument("--keep-tokens", action="store_true", help="keep grape.tokens and grape.spans")
    parser.add_argument("files", nargs="*", metavar="FILE", help="tokenized records (default: standard input)")
    arguments = parser.parse_args()
    arguments.weight = arguments.weight or [1] * len(arguments.model)
    if len(arguments.weight) != len(arguments.model):
        parser.error("--weight: expected one for each --model")
    if min(arguments.weight) < 0 or not 0 < sum(arguments.weight) < float("inf"):
        parser.error("--weight: expected numbers from 0, not all of them 0")
    if arguments.dimensions < 0:
        parser.error("--dimensions: expected a number from 0")
    try:
        re.compile(arguments.parameters)
    except re.error as error:
        parser.error(f"--parameters: {error}")
    return arguments


class Projection:
    """A random projection of vectors that come in parts, to `dimensions` numbers; the identity if that is 0.

    Each coordinate has one number to which it is added with sign + or -, both random (the sparse embedding of Clarkson
    and Woodruff, 2013): products of two vectors keep their expectation, and have the variance of a dense projection with
    random signs to as many dimensions, within a factor of 2, at a fraction of its price.
    """

    def __init__(self, torch, sizes, dimensions, seed, device):
        self.torch, self.device = torch, device
        self.dimensions = dimensions
        self.starts = [sum(sizes[:part]) for part in range(len(sizes) + 1)]
        # A coordinate's number is its code modulo `dimensions`; codes from there on are for the sign -.
        # Drawn on the CPU, where a seed means the same on all machines.
        generator = torch.Generator().manual_seed(seed)
        self.codes = [
            torch.randint(2 * dimensions, (size,), generator=generator, dtype=torch.int32).to(device)
            for size in (sizes if dimensions else [])
        ]

    def empty(self):
        """What parts are to be added to."""
        length = 2 * self.dimensions or self.starts[-1]
        return self.torch.zeros(length, device=self.device, dtype=self.torch.float32)

    def add(self, sums, part, values):
        if self.dimensions:
            sums.index_add_(0, self.codes[part], values)
        else:
            sums[self.starts[part] : self.starts[part + 1]] = values

    def finished(self, sums):
        return (sums[: self.dimensions] - sums[self.dimensions :] if self.dimensions else sums).double()


class Adam:
    """The step that Adam takes for a gradient, from the state in which a checkpoint has left it (section 3.1).

    Corrections for the bias of young averages are left out: they scale a whole step, and cosines do not depend on it.
    """

    def __init__(self, torch, folder, parameters):
        path = os.path.join(folder, "optimizer.pt")
        try:
            saved = torch.load(path, map_location=parameters[0].device, weights_only=True)
            (self.first, self.second), self.epsilon = saved["param_groups"][0]["betas"], saved["param_groups"][0]["eps"]
            states = [saved["state"][number] for number in range(len(parameters))]
            self.averages = [(state["exp_avg"].flatten(), state["exp_avg_sq"].flatten()) for state in states]
            shapes = [state["exp_avg"].shape for state in states]
        except OSError as error:
            raise Failure(f"{path}: {error.strerror or error}") from None
        except Exception as error:
            raise Failure(f"{path}: not the state of Adam as Trainer saves it ({type(error).__name__})") from None
        if shapes != [parameter.shape for parameter in parameters]:
            raise Failure(f"{path}: the state of other parameters than those of the adapters")

    def step(self, part, gradient):
        mean, square = self.averages[part]
        mean = self.first * mean + (1 - self.first) * gradient
        square = self.second * square + (1 - self.second) * gradient**2
        return mean / (square.sqrt() + self.epsilon)


class Checkpoint:
    """A model at a point of its training, which gives projected gradients."""

    def __init__(self, source, arguments, models):
        """`models` are those loaded so far, by name: checkpoints with adapters share the model that they adapt."""
        self.active = False
        config = adapter_config(source)
        base = config["base_model_name_or_path"] if config else source
        if base not in models:
            models[base] = CausalModel(base, arguments.dtype, arguments.device)
            models[base].model.requires_grad_(False)
        self.model = models[base]
        self.torch = self.model.torch
        self.parameters = self.adapt(source, config) if config else self.chosen(arguments.parameters)
        if arguments.adam and not config:
            raise Failure(f"{source}: --adam needs LoRA adapters")
        self.adam = Adam(self.torch, source, self.parameters) if arguments.adam else None
        sizes = [parameter.numel() for parameter in self.parameters]
        self.projection = Projection(self.torch, sizes, arguments.dimensions, arguments.seed, self.model.device)
        for part, parameter in enumerate(self.parameters):
            parameter.requires_grad_(True).register_post_accumulate_grad_hook(self.collector(part))
        self.activate(False)

    def activate(self, active):
        """Whether the model is this checkpoint, and not another that shares it."""
        self.active = active
        for parameter in self.parameters:
            parameter.requires_grad_(active)

    def chosen(self, names):
        named = self.model.model.named_parameters()
        chosen = [parameter for name, parameter in named if parameter.dim() == 2 and re.search(names, name)]
        if not chosen:
            raise Failure(f"no matrix has a name like {names}: say with --parameters which are to be taken")
        return chosen

    def adapt(self, folder, config):
        """Adds scale B A x to the outputs of the modules that have adapters; returns the matrices A and B of each."""
        from safetensors.torch import load_file

        try:
            tensors = load_file(os.path.join(folder, "adapter_model.safetensors"))
        except Exception as error:
            raise Failure(f"{folder}: adapter_model.safetensors: {error}") from None
        scale = config["lora_alpha"] / config["r"] ** (0.5 if config.get("use_rslora") else 1)
        matrices = []
        for name, module in self.model.model.named_modules():
            key = f"base_model.model.{name}.lora_"
            if key + "A.weight" in tensors:
                weight = next(module.parameters())
                pair = [tensors.pop(f"{key}{letter}.weight").to(weight) for letter in "AB"]
                module.register_forward_hook(self.adapter(*pair, scale))
                matrices += pair
        if tensors or not matrices:
            raise Failure(f"{folder}: expected adapters of the model's modules, found {min(tensors, default='none')}")
        return matrices

    def adapter(self, a, b, scale):
        def adapted(module, inputs, output):
            return output + scale * (inputs[0] @ a.T @ b.T) if self.active else output

        return adapted

    def collector(self, part):
        """Takes a gradient in as soon as it is there, so that there is never more than one of them."""

        def collect(parameter):
            if not self.active:
                return
            gradient = parameter.grad.flatten().float()
            parameter.grad = None
            if self.steps:
                gradient = self.adam.step(part, gradient)
            self.projection.add(self.sums, part, gradient)

        return collect

    def gradient(self, item, steps=False):
        """The projected gradient of the mean loss of an item's response tokens, or Adam's step for it."""
        self.sums, self.steps = self.projection.empty(), steps and self.adam
        self.activate(True)
        (-self.model.log_probabilities([item])[0].mean()).backward()
        self.activate(False)
        return self.projection.finished(self.sums)

    def learn(self, subtasks):
        """Keeps the directions of the mean gradients of the subtasks, lists of items."""
        means = [sum(self.gradient(item) for item in items) / len(items) for items in subtasks]
        self.target = self.torch.stack([self.unit(mean) for mean in means])

    def cosines(self, item):
        """Those of an item's gradient with the target's, one for each subtask."""
        return self.target @ self.unit(self.gradient(item, steps=True))

    def unit(self, vector):
        length = vector.norm()
        if not (length > 0 and length.isfinite()):
            raise BadRecord(f"the gradient's length is {length.item()}")
        return vector / length


def adapter_config(folder):
    """What PEFT has written about the adapters in a folder; None if there are none."""
    path = os.path.join(folder, "adapter_config.json")
    if not os.path.exists(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
    except (OSError, ValueError) as error:
        raise Failure(f"{path}: {error}") from None
    for name, kind in (("base_model_name_or_path", str), ("r", int), ("lora_alpha", (int, float))):
        if not isinstance(config, dict) or not isinstance(config.get(name), kind):
            raise Failure(f"{path}: expected a {name}")
    if config.get("peft_type") != "LORA":
        raise Failure(f"{path}: peft_type {config.get('peft_type')}: LORA is known only")
    # Others that change what an adapter is either name their tensors, or are these.
    if config.get("init_lora_weights", True) not in (True, False, "gaussian", "orthogonal"):
        raise Failure(f"{path}: init_lora_weights {config['init_lora_weights']} changes the base model")
    for name in ("rank_pattern", "alpha_pattern", "use_dora", "use_qalora", "use_bdlora", "layer_replication", "alora_invocation_tokens"):
        if config.get(name):
            raise Failure(f"{path}: {name} is not known")
    return config


def subtasks(path, prepare, member):
    """The items of the target set, divided by the values at `member`."""

    def labelled(record):
        label = record.value(member) if member else ""
        if label is None:
            raise BadRecord(f"nothing at {member}")
        return json.dumps(label), prepare(record)

    divided = {}
    for label, item in learned(path, labelled):
        divided.setdefault(label, []).append(item)
    if not divided:
        raise Failure(f"{path}: no records")
    return list(divided.values())


def run():
    arguments = parse_arguments()
    models = {}
    checkpoints = [Checkpoint(source, arguments, models) for source in arguments.model]
    smallest = min((checkpoint.model for checkpoint in checkpoints), key=lambda model: model.vocabulary)
    target = subtasks(arguments.target, smallest.tokens, arguments.subtask)
    for checkpoint in checkpoints:
        try:
            checkpoint.learn(target)
        except BadRecord as error:
            raise Failure(f"{arguments.target}: {error}") from None
    weights = [weight / sum(arguments.weight) for weight in arguments.weight]
    names = "+".join(os.path.basename(source.rstrip("/")) for source in arguments.model)
    name = f"{names} LESS to {os.path.basename(arguments.target)}"

    def score(items):
        for item in items:
            try:
                influences = sum(weight * checkpoint.cosines(item) for weight, checkpoint in zip(weights, checkpoints))
                yield {"score": (influences.mean() if arguments.mean else influences.max()).item(), "model": name}
            except BadRecord as error:
                yield error

    dropped = () if arguments.keep_tokens else ("tokens", "spans")
    return Scoring(NAME, smallest.tokens, score, dropped=dropped).run(arguments.files)


if __name__ == "__main__":
    main(run)
