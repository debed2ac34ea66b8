"""How long somebody on the other side of a connection may keep us waiting."""

# Less than any line that people still use; whoever is slower than that holds a place on purpose, or has left.
LEAST_A_SECOND = 1024


class Patience:
    """`most` seconds of waiting; what moves meanwhile earns them back, so many bytes a second, and never more than `most`."""

    def __init__(self, most: float, rate: float = LEAST_A_SECOND):
        self.most, self.rate = most, rate
        self.left = most

    def spend(self, seconds: float) -> None:
        self.left -= seconds

    def earn(self, length: int) -> None:
        self.left = min(self.most, self.left + length / self.rate)
