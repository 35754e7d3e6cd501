import asyncio

from kommutator.kit.news import News


def wants_a(item: str) -> bool:
    return item == "a"


async def watching(news: News, patience_s: float = 30.0) -> "asyncio.Task[bool]":
    task = asyncio.create_task(news.wait(wants_a, patience_s))
    await asyncio.sleep(0)  # lets the watcher start
    return task


async def test_what_is_wanted_wakes_everybody_who_waits() -> None:
    news = News()
    first, second = await watching(news), await watching(news)
    news.publish("b")
    assert not first.done()
    news.publish("a")
    news.publish("a")
    assert (await first, await second) == (True, True)


async def test_patience_ends() -> None:
    assert await News().wait(wants_a, 0.001) is False


async def test_the_end_lets_everybody_go() -> None:
    news = News()
    task = await watching(news)
    news.close()
    assert await task is False
    assert await news.wait(wants_a, 30.0) is False


async def test_whoever_leaves_is_forgotten() -> None:
    news = News()
    task = await watching(news)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    news.publish("a")
    assert news._watchers == {}
