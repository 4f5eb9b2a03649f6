"""Operate a page with the mouse or with the keyboard alone, through the same methods."""

from contextlib import contextmanager

from playwright.sync_api import Locator, Page

# Returns the key that moves the focus towards an element, or "here".
FOCUS_KEY = """(wanted) => {
    const here = document.activeElement;
    if (here === wanted) return "here";
    if (wanted.type === "radio" && here.type === "radio" && here.name === wanted.name) return "here";
    return here !== document.body && here.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING
        ? "Shift+Tab" : "Tab";
}"""


class PageInput:
    """Base class. `count` is the number of presses inside `counted`."""

    def __init__(self, page: Page):
        self.page, self.pressed, self.count = page, 0, 0

    @contextmanager
    def counted(self):
        before = self.pressed
        yield
        self.count += self.pressed - before


class Mouse(PageInput):
    def press(self, locator: Locator):
        self.pressed += 1
        locator.click()

    tick = press

    def write(self, locator: Locator, text: str):
        self.press(locator)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, locator: Locator, label: str):
        locator.select_option(label=label)

    def date(self, locator: Locator, day):
        locator.fill(day.isoformat())

    def clock(self, locator: Locator, text: str):
        locator.fill(text)


class Keyboard(PageInput):
    """Tab, Enter, Space, arrow keys and letters."""

    def reach(self, locator: Locator):
        locator.wait_for()
        wanted = locator.element_handle()
        for _ in range(300):
            key = wanted.evaluate(FOCUS_KEY)
            if key == "here":
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"Tab does not reach {locator}")

    def press(self, locator: Locator):
        self.pressed += 1
        self.reach(locator)
        self.page.keyboard.press("Enter")

    def follow(self, locator: Locator):
        """Follow a link, which must show its focus."""
        self.reach(locator)
        assert locator.evaluate("element => getComputedStyle(element).outlineStyle") != "none", (
            f"{locator} does not show its focus"
        )
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, locator: Locator):
        self.pressed += 1
        self.reach(locator)
        for _ in range(10):  # the arrow keys move among radio buttons and select them
            if locator.evaluate("element => element === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        if not locator.is_checked():
            self.page.keyboard.press("Space")
        assert locator.is_checked()

    def write(self, locator: Locator, text: str):
        self.reach(locator)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, locator: Locator, label: str):
        self.reach(locator)
        self.page.keyboard.type(label)
        assert locator.evaluate("select => select.selectedOptions[0].label") == label

    def date(self, locator: Locator, day):
        # The order of day and month in the field is the browser's.
        for digits in (f"{day:%d%m%Y}", f"{day:%m%d%Y}"):
            self.reach(locator)
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.type(digits)
            if locator.input_value() == day.isoformat():
                return
        raise AssertionError(f"{locator} does not take {day} by keys")

    def clock(self, locator: Locator, text: str):
        self.reach(locator)
        self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.type(text.replace(":", "")) if text else self.page.keyboard.press("Backspace")
        assert locator.input_value() == text
