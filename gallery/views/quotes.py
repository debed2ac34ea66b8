"""The price of the run that stands in the studio's form, before it is run; and the question where it goes beyond a limit."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gallery.forms import GenerationForm
from gallery.models import Generation, ImageModel, User
from gallery.services import confirmations, prices
from gallery.services.confirmations import Question
from gallery.services.prices import Quote, Total
from gallery.views.access import current_user, require_maker
from gallery.views.amounts import SIMULATED_SUM, amount_in_words, quote_in_words, reckoning_in_words, total_in_words
from gallery.views.budget_notes import BudgetNote, note_before
from gallery.views.htmx import HtmxRequest

NOT_POSTED_AGAIN = ("csrfmiddlewaretoken", "confirmed")


@dataclass(frozen=True, kw_only=True)
class PriceLine:
    """The price in words, and how it was reckoned."""

    price: str
    how: str
    is_known: bool
    is_simulated: bool = False
    budget: BudgetNote | None = None

    @property
    def words(self) -> str:
        """What a page that shows it sends along, so that nothing moves where nothing changed."""
        return " ".join([self.price, self.how, *([self.budget.words] if self.budget else [])])


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A question as pages put it; `sum` is what is known, `rest` what is not, `unpriced` a sentence where that is much.
    `answer` travels back as `confirmed`, by a button with the words `go`."""

    sum: str
    rest: str
    unpriced: str
    may_stop: bool
    limit: str
    whose: str
    go: str
    answer: str


@require_POST
def quote(request: HtmxRequest) -> HttpResponse:
    """The price line of the posted form; 204 where the page shows it already."""
    require_maker(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return HttpResponse(status=204)
    form = GenerationForm(request.POST, image_model=image_model, user=current_user(request))
    form.is_valid()
    line = price_line(form)
    if request.POST.get("price_shown") == line.words:
        return HttpResponse(status=204)
    return render(request, "studio/_price.html", {"price": line})


def price_line(form: GenerationForm) -> PriceLine:
    one, runs = quote_of(form)
    together = prices.together(one, runs)
    return PriceLine(
        price=SIMULATED_SUM if one.is_simulated else quote_in_words(together),
        how=reckoning_in_words(one, runs),
        is_known=one.is_known,
        is_simulated=one.is_simulated,
        budget=note_before(form.user, form.image_model.gateway, together, group_id=form.group_id),
    )


def quote_of(form: GenerationForm) -> tuple[Quote, int]:
    """What one run of the form costs, and how many runs its prompt stands for."""
    runs = 1 if form.written.fault else form.written.count
    return prices.quote_run(form.image_model, form.standing, set(form.given)), runs


def question_before(form: GenerationForm, confirmed: str) -> Question | None:
    """What to ask before this form is run; None where it may run."""
    one, runs = quote_of(form)
    offers = [(form.image_model.gateway, one)] * runs
    return confirmations.question_about(offers, form.user, confirmed=confirmed)


def ask(question: Question) -> Ask:
    total = Total(runs=1, pictures=1, sums=question.sums, unknown=0)
    known = total_in_words(total) if question.sums else ""
    return Ask(
        sum=known,
        rest=f"{question.unknown} of unknown price" if question.unknown and not question.is_unpriced else "",
        unpriced=unpriced_in_words(question) if question.is_unpriced else "",
        may_stop=question.may_stop,
        limit=amount_in_words(question.limit, question.unit) if question.limit is not None else "",
        whose=f"{question.gateway.name}’s" if question.gateway else "your",
        go="Run without a stop" if question.is_unpriced else f"Run for {known}",
        answer=question.answer,
    )


def unpriced_in_words(question: Question) -> str:
    which = "" if question.unknown == question.runs else f"{question.unknown} of "
    apart = "" if question.may_stop else " They are charged in dollars and in points, which no single stop holds."
    return f"Nobody knows what {which}these {question.runs} runs cost.{apart}"


def ask_on_its_page(
    request: HttpRequest, question: Question, *, heading: str, prompt: str, back_url: str
) -> HttpResponse:
    """For a button that has no form of its own to ask in; what was posted is posted again with the answer."""
    context = {
        "question": ask(question),
        "heading": heading,
        "prompt": prompt,
        "back_url": back_url,
        "posted": [(name, text) for name, text in request.POST.items() if name not in NOT_POSTED_AGAIN],
    }
    return render(request, "confirm/page.html", context, status=422)


def question_before_repeat(generation: Generation, user: User, confirmed: str) -> Question | None:
    """What to ask before an old run is made once more."""
    image_model = ImageModel.objects.offered().filter(generations=generation).first()
    if image_model is None:
        return None
    if generation.kind == Generation.Kind.ANALYSIS:
        return question_before_asking(image_model, user, confirmed)
    given = {row.parameter for row in generation.inputs.all()}
    quote = prices.quote_run(image_model, generation.parameters, given)
    return confirmations.question_about([(image_model.gateway, quote)], user, confirmed=confirmed)


def question_before_asking(image_model: ImageModel, user: User, confirmed: str) -> Question | None:
    """What to ask before a model answers in words."""
    quote = prices.quote_questions([image_model])[image_model.pk]
    return confirmations.question_about([(image_model.gateway, quote)], user, confirmed=confirmed)
