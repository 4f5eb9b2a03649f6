"""Two ways to use a page: with a mouse, and with the keys alone. Whatever one of them can do, the other can."""

from contextlib import contextmanager

from playwright.sync_api import Locator, Page

# Tab goes the way that is shorter: a person sees it on the screen.
WAY = """(wanted) => {
    const here = document.activeElement;
    if (here === wanted) return "here";
    if (wanted.type === "radio" && here.type === "radio" && here.name === wanted.name) return "here";
    return here !== document.body && here.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING
        ? "Shift+Tab" : "Tab";
}"""


class Hand:
    """Somebody at a page; `count`: how often she pressed something while it was `counted`."""

    def __init__(self, page: Page):
        self.page, self.pressed, self.count = page, 0, 0

    @contextmanager
    def counted(self):
        before = self.pressed
        yield
        self.count += self.pressed - before


class Mouse(Hand):
    """Points, clicks and types."""

    def press(self, it: Locator):
        self.pressed += 1
        it.click()

    tick = press

    def write(self, it: Locator, text: str):
        self.press(it)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, it: Locator, label: str):
        it.select_option(label=label)

    def date(self, it: Locator, day):
        it.fill(day.isoformat())

    def clock(self, it: Locator, text: str):
        it.fill(text)


class Keyboard(Hand):
    """Tab, Enter, Space, the arrows and letters: nothing is pointed at."""

    def reach(self, it: Locator):
        it.wait_for()
        wanted = it.element_handle()
        for _ in range(300):
            way = wanted.evaluate(WAY)
            if way == "here":
                return
            self.page.keyboard.press(way)
        raise AssertionError(f"No number of Tabs leads to {it}")

    def press(self, it: Locator):
        self.pressed += 1
        self.reach(it)
        self.page.keyboard.press("Enter")

    def follow(self, it: Locator):
        """Go where it leads, having seen where one was."""
        self.reach(it)
        assert it.evaluate("it => getComputedStyle(it).outlineStyle") != "none", f"{it} does not show its focus"
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, it: Locator):
        self.pressed += 1
        self.reach(it)
        for _ in range(10):  # among radio buttons the arrows go from one to the next, and choose it
            if it.evaluate("it => it === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        if not it.is_checked():
            self.page.keyboard.press("Space")
        assert it.is_checked()

    def write(self, it: Locator, text: str):
        self.reach(it)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, it: Locator, label: str):
        self.reach(it)
        self.page.keyboard.type(label)
        assert it.evaluate("select => select.selectedOptions[0].label") == label

    def date(self, it: Locator, day):
        # The field is three, and their order is the browser's own.
        for digits in (f"{day:%d%m%Y}", f"{day:%m%d%Y}"):
            self.reach(it)
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.type(digits)
            if it.input_value() == day.isoformat():
                return
        raise AssertionError(f"{it} does not take {day} by keys")

    def clock(self, it: Locator, text: str):
        self.reach(it)
        self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.type(text.replace(":", "")) if text else self.page.keyboard.press("Backspace")
        assert it.input_value() == text
