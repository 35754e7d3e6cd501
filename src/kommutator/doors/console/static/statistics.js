/* The chart of days. Its data is the table below it, which stays for those who cannot see it. */
"use strict";
(() => {
  const COLOURS = { answered: "#2fb344", missed: "#d63939", outgoing: "#066fd1" };
  const HEIGHT = 240;

  const read = (table) => {
    const heads = [...table.querySelectorAll("thead [data-series]")];
    const rows = [...table.querySelectorAll("tbody tr")];
    const days = rows.map((row) => Date.parse(`${row.dataset.day}T00:00:00Z`) / 1000);
    const columns = heads.map((_, place) =>
      rows.map((row) => Number(row.querySelectorAll("td")[place].textContent)));
    return { heads, days, columns, day: table.querySelector("[data-days]").textContent };
  };

  const draw = (box) => {
    const { heads, days, columns, day } = read(document.getElementById(box.dataset.table));
    if (days.length < 2 || box.firstChild) { box.hidden = days.length < 2; return; }
    const locale = document.documentElement.lang;
    const short = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
    const options = {
      width: box.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      legend: { live: true },
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
      axes: [
        { space: 70, incrs: [1, 2, 5, 7, 14, 30, 60].map((d) => d * 86400), values: (_plot, ticks) => ticks.map((at) => short.format(at * 1000)) },
        { size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000, 50000] },
      ],
      series: [
        { label: day, value: (_plot, at) => (at === null ? "" : short.format(at * 1000)) },
        ...heads.map((head) => ({
          label: head.textContent,
          stroke: COLOURS[head.dataset.series],
          width: 2,
          points: { show: days.length < 40, size: 6 },
        })),
      ],
    };
    const plot = new uPlot(options, [days, ...columns], box);
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  };

  const show = () => {
    for (const box of document.querySelectorAll(".chart")) draw(box);
    for (const choice of document.querySelectorAll("[data-shows]")) {
      document.getElementById(choice.dataset.shows).hidden = choice.value !== choice.dataset.showsFor;
    }
  };
  document.addEventListener("change", (event) => { if (event.target.matches("[data-shows]")) show(); });
  document.addEventListener("htmx:load", show);
  show();
})();
