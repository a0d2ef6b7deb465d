"""The rules of seats over time, with a clock that the test turns."""

from __future__ import annotations

from berth.replica.seats import ARRIVING_GRACE, CONNECTING_GRACE, Graces, Seats

GRACES = Graces(left=20, lost=900)


def seated(graces: Graces = GRACES) -> Seats:
    seats = Seats(2, graces)
    seats.take("v", "alice", now=100.0)
    return seats


def ended(seats: Seats, now: float) -> bool:
    return bool(seats.over(now))


def test_a_seat_that_nobody_comes_to_is_free_after_the_left_grace() -> None:
    """A visitor who never opens a page loses the seat."""
    seats = seated()
    assert not ended(seats, 119)
    assert seats.over(120) == [("v", "left")]


def test_who_is_on_the_way_has_time_however_short_the_left_grace_is() -> None:
    """A slow network does not cost a newcomer the seat; once they were there, the short grace counts."""
    seats = seated(Graces(left=1, lost=900))
    assert not ended(seats, 100 + ARRIVING_GRACE - 1)
    seats.get("v").page("p", "open", 119)
    seats.get("v").left("p", 120)
    assert not ended(seats, 120.5)
    assert ended(seats, 121)


def test_who_comes_again_is_on_the_way_again() -> None:
    """Somebody whom the lobby sends to the seat that they had does not find it gone."""
    seats = seated(Graces(left=1, lost=900))
    seat = seats.get("v")
    seat.page("p", "open", 101)
    seat.left("p", 110)
    seat.comes(110.5)
    assert not ended(seats, 115)
    assert ended(seats, 110.5 + ARRIVING_GRACE)


def test_an_open_page_keeps_the_seat_for_ever() -> None:
    """Time alone ends nothing while a page is open."""
    seats = seated()
    seats.get("v").page("p", "open", 101)
    assert not ended(seats, 1e9)


def test_a_page_in_the_making_keeps_the_seat_however_long_it_takes() -> None:
    """A script that computes for an hour does not cost its visitor the seat."""
    seats = seated()
    seats.get("v").page("p", "opening", 101)
    assert not ended(seats, 4000)


def test_a_left_page_counts_from_when_it_was_left() -> None:
    """The grace begins with the last page that was left."""
    seats = seated()
    seat = seats.get("v")
    seat.page("p", "open", 101)
    seat.left("p", 500)
    assert not ended(seats, 519)
    assert ended(seats, 520)


def test_the_end_of_a_left_pages_connection_does_not_revive_it() -> None:
    """The beacon comes before the socket closes; the seat still ends after the short grace."""
    seats = seated()
    seat = seats.get("v")
    seat.page("p", "open", 101)
    seat.left("p", 500)
    seat.page("p", "lost", 501)
    assert ended(seats, 520)


def test_a_lost_page_keeps_the_seat_for_the_long_grace() -> None:
    """A connection that broke may come back for 15 minutes."""
    seats = seated()
    seat = seats.get("v")
    seat.page("p", "open", 101)
    seat.page("p", "lost", 500)
    assert not ended(seats, 1399)
    assert ended(seats, 1400)


def test_one_of_two_tabs_left_keeps_the_seat() -> None:
    """The seat lasts as long as any page."""
    seats = seated()
    seat = seats.get("v")
    seat.page("p", "open", 101)
    seat.page("q", "open", 101)
    seat.left("p", 200)
    assert not ended(seats, 1e9)


def test_a_served_page_has_time_to_connect() -> None:
    """A slow line loads scripts for a while before the WebSocket opens."""
    seats = seated()
    seats.get("v").page("p", "served", 200)
    assert not ended(seats, 200 + CONNECTING_GRACE - 1)
    assert ended(seats, 200 + CONNECTING_GRACE)


def test_an_idle_visitor_is_warned_once_and_then_leaves() -> None:
    """The warning comes before the end, and input takes it back."""
    seats = seated(Graces(left=20, lost=900, idle=300, warning=60))
    seat = seats.get("v")
    seat.page("p", "open", 100)
    assert seats.to_warn(339) == []
    assert seats.to_warn(340) == [("v", 60)]
    assert seats.to_warn(341) == []
    seat.active(350)
    assert seats.over(400) == []
    assert seats.to_warn(600) == [("v", 50)]
    assert seats.over(650) == [("v", "idle")]


def test_without_a_limit_nobody_is_idle() -> None:
    """BERTH_IDLE_TIMEOUT=0 turns warning and end off."""
    seats = seated()
    seats.get("v").page("p", "open", 100)
    assert seats.to_warn(1e9) == []
    assert seats.over(1e9) == []


def test_free_counts_what_is_left() -> None:
    """Seats are taken and released one by one."""
    seats = seated()
    assert (seats.free, "v" in seats) == (1, True)
    seats.release("v")
    assert (seats.free, "v" in seats) == (2, False)
