// <canvas data-chart="id">: draws the json_script with that id. Colours come from the theme; the page gives the same figures as a table.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const whole = new Intl.NumberFormat("ko-KR");
const compact = (n) => {
  const [unit, word] = Math.abs(n) >= 1e8 ? [1e8, "억"] : Math.abs(n) >= 1e4 ? [1e4, "만"] : [1, ""];
  return whole.format(Math.round((n / unit) * 10) / 10) + word;
};

const settings = (data) => {
  const datasets = data.series.map((series, i) => {
    const colour = css(`--chart-${series.color ?? i + 1}`);
    const shared = { type: series.type ?? data.type, label: series.label, data: series.data, yAxisID: series.axis ?? "y", order: series.order, unit: series.unit };
    if (shared.type === "line") {
      return { ...shared, borderColor: colour, borderWidth: 2.25, borderDash: series.dash ? [5, 5] : [], pointRadius: 0, pointHoverRadius: 5, pointBackgroundColor: colour, tension: 0.32 };
    }
    const colours = series.colors?.map((n) => css(`--chart-${n}`)) ?? colour;
    return { ...shared, backgroundColor: colours, borderRadius: 5, borderSkipped: false, maxBarThickness: 22, stack: series.stack };
  });
  const font = { family: css("--font-sans"), size: 12 };
  const ticks = { color: css("--c-subtle"), font };
  return {
    type: data.type,
    data: { labels: data.labels, datasets },
    options: {
      maintainAspectRatio: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 320 },
      indexAxis: data.horizontal ? "y" : "x",
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { grid: { display: false }, border: { display: false }, ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 24, padding: 6 } },
        y: { beginAtZero: true, grid: { color: css("--chart-grid"), drawTicks: false }, border: { display: false }, ticks: { ...ticks, padding: 10, maxTicksLimit: 5, precision: 0, callback: compact } },
        ...data.axes,
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: css("--color-neutral"), titleColor: css("--color-neutral-content"), bodyColor: css("--color-neutral-content"),
          padding: 12, cornerRadius: 10, boxWidth: 8, boxHeight: 8, boxPadding: 6, usePointStyle: true, titleFont: { ...font, weight: 600 }, bodyFont: { ...font, size: 13, weight: 600 },
          callbacks: { label: (point) => ` ${point.dataset.label} ${whole.format(point.raw)}${point.dataset.unit ?? data.unit ?? ""}` },
        },
      },
    },
  };
};

const drawn = new WeakMap();
const draw = (canvas) => {
  const text = document.getElementById(canvas.dataset.chart).textContent;
  window.Chart.getChart(canvas)?.destroy();
  new window.Chart(canvas, settings(JSON.parse(text)));
  drawn.set(canvas, text);
};
const drawAll = (isStale) => {
  if (window.Chart) [...document.querySelectorAll("canvas[data-chart]")].filter(isStale).forEach(draw);
};
const hasNews = (canvas) => drawn.get(canvas) !== document.getElementById(canvas.dataset.chart).textContent;
drawAll(hasNews);
document.addEventListener("themechange", () => drawAll(() => true));
for (const swapped of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(swapped, () => drawAll(hasNews));
document.addEventListener("htmx:beforeCleanupElement", (event) => window.Chart?.getChart(event.target)?.destroy());
