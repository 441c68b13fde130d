"""A page driven as a user would, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver


class Page:
    """An explorer page that is open in a browser."""

    def __init__(self, driver: WebDriver, path: Path) -> None:
        self.driver = driver
        driver.get(path.as_uri())

    def boxes(self) -> list[str]:
        """What is drawn closed, in the order of drawing."""
        return self._ids("box")

    def open_scopes(self) -> list[str]:
        return self._ids("scope")

    def _ids(self, role: str) -> list[str]:
        found = self.driver.find_elements(By.CSS_SELECTOR, f"#stage .{role}")
        return [box.get_attribute("data-id") for box in found]

    def arrows(self) -> list[str]:
        """`a → b`, of each arrow."""
        titles = self.driver.find_elements(By.CSS_SELECTOR, "#stage .arrow > title")
        return [title.get_attribute("textContent") for title in titles]

    def box(self, name: str, role: str = "box") -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, f'#stage .{role}[data-id="{name}"]')

    def click(self, name: str) -> None:
        self.box(name).click()

    def shift_click(self, name: str) -> None:
        actions = ActionChains(self.driver).key_down(Keys.SHIFT).click(self.box(name))
        actions.key_up(Keys.SHIFT).perform()

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def search(self, text: str) -> list[str]:
        """Types into the search box; returns what is found."""
        search = self.driver.find_element(By.ID, "search")
        search.clear()
        search.send_keys(text)
        return [link.find_element(By.TAG_NAME, "span").text for link in self.found()]

    def found(self) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, "#found a")

    def card(self) -> str:
        return self.driver.find_element(By.ID, "card").text

    def press_button(self, text: str) -> None:
        self.driver.find_element(By.XPATH, f"//button[normalize-space()='{text}']").click()

    def color_by(self, name: str) -> None:
        option = self.driver.find_element(By.CSS_SELECTOR, f'#coloring option[value="{name}"]')
        assert option.is_enabled()
        option.click()

    def fill(self, name: str) -> str:
        outline = self.box(name).find_elements(By.TAG_NAME, "rect")[0]
        return outline.get_attribute("fill")

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)
