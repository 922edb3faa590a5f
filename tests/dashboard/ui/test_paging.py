import pytest

from dashboard.ui.paging import page_of


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [("", 1, 50), ("1", 1, 50), ("3", 101, 120), ("99", 101, 120), ("0", 1, 50), ("x", 1, 50)],
)
def test_a_page_is_the_nearest_one_there_is(number, first, last):
    page = page_of(range(120), number)
    assert (page.first, page.last, page.total) == (first, last, 120)
    assert list(page.items) == list(range(first - 1, last))


def test_neighbors_keep_the_rest_of_the_address():
    page = page_of(range(120), "2", {"edge": "local 1"})
    assert page.earlier == "?edge=local+1&page=1" and page.later == "?edge=local+1&page=3"
    assert page_of(range(120), "1").earlier == "" and page_of(range(120), "3").later == ""


def test_one_page_that_holds_all_says_so():
    assert page_of(range(50), "").is_all and page_of([], "4").is_all
    assert not page_of(range(51), "").is_all
