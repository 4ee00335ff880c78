"""What the scorers share that run a model with torch and transformers: loading one, and its log-probabilities."""
import inspect
import os

from scoring import BadRecord, Failure


def load(kind, source, dtype="float32", device=None, **options):
    """torch, and a model on a device (default: a GPU if there is one), ready to be used.

    kind    what transformers calls the class of the model, such as AutoModel
    source  folder or name on the Hugging Face hub
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    # Imported late, so that --help and usage errors need neither.
    try:
        import torch
        import transformers
    except ImportError as error:
        raise Failure(f"torch and transformers are needed: {error}") from None
    transformers.utils.logging.set_verbosity_error()
    if source.startswith(("/", ".")) and not os.path.exists(source):
        raise Failure(f"no such folder or file: {source}")
    try:
        model = getattr(transformers, kind).from_pretrained(source, dtype=getattr(torch, dtype), **options)
        return torch, model.to(torch.device(device or best_device(torch))).eval()
    except (AssertionError, ImportError, OSError, RuntimeError, ValueError) as error:
        raise Failure(f"{source}: {' '.join(str(error).split())}") from None


def best_device(torch):
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class CausalModel:
    """A causal language model that gives log-probabilities of given tokens."""

    def __init__(self, source, dtype="float32", device=None, **options):
        self.torch, self.model = load("AutoModelForCausalLM", source, dtype, device, **options)
        self.device = self.model.device
        self.vocabulary = self.model.get_input_embeddings().weight.shape[0]
        self.length = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        self.keeps_logits = "logits_to_keep" in inspect.signature(self.model.forward).parameters

    def tokens(self, record):
        """The record's tokens, and the indices of those to score; a BadRecord where the model cannot take them."""
        tokens, positions = record.tokens(self.vocabulary)
        if self.length and len(tokens) > self.length:
            raise BadRecord(f"{len(tokens)} tokens, and the model takes {self.length}")
        return tokens, positions

    def log_probabilities(self, batch):
        """For each (tokens, positions) of a batch a tensor: the log-probabilities of the tokens at `positions`."""
        torch = self.torch
        width = max(len(tokens) for tokens, _ in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, (tokens, _) in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        # The logits at a position predict the token after it; the head runs where one is wanted, and nowhere else.
        predictors = sorted({position - 1 for _, positions in batch for position in positions})
        options = {"attention_mask": mask} if len(batch) > 1 else {}
        if self.keeps_logits:
            kept = torch.tensor(predictors, device=self.device)
            logits = self.model(ids, logits_to_keep=kept, use_cache=False, **options).logits
        else:
            logits = self.model(ids, use_cache=False, **options).logits[:, predictors]
        column = {predictor: index for index, predictor in enumerate(predictors)}
        results = []
        for row, (tokens, positions) in enumerate(batch):
            wanted = logits[row, [column[position - 1] for position in positions]]
            wanted = wanted if wanted.dtype == torch.float64 else wanted.float()
            targets = torch.tensor([tokens[position] for position in positions], device=self.device)
            results.append(wanted.gather(1, targets[:, None])[:, 0] - wanted.logsumexp(1))
        return results
