package report

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"testing"

	"weir/report/result"
)

// mark is a line or an area that a figure must have at a place on one of its axes.
type mark struct {
	Chart string   `json:"chart"`
	Axis  int      `json:"axis"` // its panel
	Dir   string   `json:"dir"`  // "x": upright at X, or from X to To; "y": level at X
	X     float64  `json:"x"`
	To    *float64 `json:"to"`
}

// expectedMarks are those of figures 1 to 3, by report.json: W/S, the onset with its band, the plateau;
// places in the queue, and the moments on each of the four panels; the guides of the latencies.
func expectedMarks(a *result.Analysis) (list []mark) {
	for i := range a.Lanes {
		l := &a.Lanes[i]
		dose, timeline := fmt.Sprintf("dose-%d", i), fmt.Sprintf("time-%d", i)
		list = append(list, mark{dose, 0, "x", *a.Capacity.Computed, nil},
			mark{dose, 0, "x", l.ErrorOnset.RPS, nil},
			mark{dose, 0, "x", l.ErrorOnset.Low, &l.ErrorOnset.High}, mark{dose, 0, "y", *l.Plateau, nil},
			mark{timeline, 1, "y", float64(*l.BacklogLimit) + 1, nil})
		blocks := draw(a).Lanes[i].Timeline.Blocks
		for _, m := range l.Timeline.Marks {
			for k, t := range l.Trials {
				if m.AtS >= t.Start && m.AtS < t.Start+t.Duration {
					for panel := range 4 {
						list = append(list, mark{timeline, panel, "x", blocks[k].Start + m.AtS - t.Start,
							nil})
					}
				}
			}
		}
		for _, g := range l.Guides {
			if edges := l.LatencyMap.EdgesS; g.S <= edges[len(edges)-1] { // else it lies above the figure
				list = append(list, mark{fmt.Sprintf("heat-%d", i), 0, "y", g.S, nil})
			}
		}
	}
	return list
}

// findMarks is a function of the page: those of a list of marks that are not among what the charts painted,
// within a pixel.
const findMarks = `(list) => JSON.stringify(list.filter((m) => {
	const chart = echarts.getInstanceByDom(document.getElementById(m.chart)), near = (a, b) => Math.abs(a - b) <= 1.01;
	const finder = { xAxisIndex: m.axis, yAxisIndex: m.axis }, grid = chart.getModel().getComponent('grid', m.axis).coordinateSystem.getRect();
	const upright = m.dir === 'x', px = (v) => chart.convertToPixel({ [m.dir + 'AxisIndex']: m.axis }, v);
	const inPanel = (y) => y >= grid.y - 2 && y <= grid.y + grid.height + 2;
	return !chart.getZr().storage.getDisplayList(true).some((e) => {
		const s = e.shape, points = s?.points;
		if (m.to !== null) {
			if (e.type !== 'polygon' || points?.length !== 4) return false;
			const xs = points.map((p) => p[0]);
			return near(Math.min(...xs), px(m.x)) && near(Math.max(...xs), px(m.to));
		}
		if (s?.x1 === undefined || !inPanel(s.y1) || !inPanel(s.y2)) return false;
		return upright ? near(s.x1, px(m.x)) && near(s.x2, px(m.x)) && Math.abs(s.y1 - s.y2) > grid.height * .8
			: near(s.y1, px(m.x)) && near(s.y2, px(m.x)) && Math.abs(s.x1 - s.x2) > grid.width * .8;
	});
}))`

// contrasts is a function of the page: of each chart how many pixels stand out from the page's background, by
// 3 : 1 or more (WCAG 2.1, 1.4.11).
const contrasts = `JSON.stringify(Object.fromEntries([...document.querySelectorAll('canvas')].map((canvas) => {
	const light = (r, g, b) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const paper = light(...getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height), seen = new Map();
	let n = 0;
	for (let i = 0; i < data.length; i += 4) {
		if (data[i + 3] < 200) continue;
		const key = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
		if (!seen.has(key)) { const l = light(data[i], data[i + 1], data[i + 2]); seen.set(key, (Math.max(l, paper) + .05) / (Math.min(l, paper) + .05) >= 3); }
		if (seen.get(key)) n++;
	}
	return [canvas.closest('[id]').id, [n, paper]];
})))`

// TestFiguresMark: what report.json says of capacity, onset, queue and moments is painted where the axes have
// it, in light and in dark, and on paper every figure is there.
func TestFiguresMark(t *testing.T) {
	a, dir := demo(), t.TempDir()
	if err := WriteAll(dir, a); err != nil {
		t.Fatal(err)
	}
	a = readBack(t, dir)
	d := browse(t, 1280, 1600)
	d.call("Page.navigate", map[string]any{"url": "file://" + filepath.Join(dir, "report.html")}, nil)
	d.await(`document.documentElement.dataset.ready`)

	missing := func(list []mark) (out []mark) {
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(d.eval("("+findMarks+")("+string(text)+")")), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	list := expectedMarks(a)
	if gone := missing(list); len(gone) > 0 || len(list) < 40 {
		t.Errorf("of %d marks these were not painted: %+v", len(list), gone)
	}
	for i := range list { // and nothing is painted where nothing should be
		list[i].X *= 1.02
	}
	if gone := missing(list); len(gone) < len(list)*3/4 {
		t.Errorf("of %d marks in the wrong place all but %d were found", len(list), len(gone))
	}

	light := d.standsOut()
	d.call("Emulation.setEmulatedMedia",
		map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": "dark"}}},
		nil)
	dark := d.standsOut()
	for id, n := range light {
		if n[0] < 800 || dark[id][0] < n[0]/2 || n[1] < .8 || dark[id][1] > .1 {
			t.Errorf("%s: %v pixels stand out from paper of luminance %.2f, in the dark %v from %.2f", id,
				n[0], n[1], dark[id][0], dark[id][1])
		}
	}
	if len(light) != 9 {
		t.Errorf("%d figures are painted", len(light))
	}

	d.eval(`addEventListener('beforeprint', () => { globalThis.printed = ` + contrasts + `; })`)
	with := d.painted()
	var printed map[string][2]float64
	if err := json.Unmarshal([]byte(d.eval(`printed`)), &printed); err != nil {
		t.Fatal(err)
	}
	for id, n := range light {
		if p := printed[id]; p[0] < n[0]/2 || p[1] < .8 {
			t.Errorf("%s on paper: %v pixels stand out from luminance %.2f, on the screen %v", id, p[0], p[1],
				n[0])
		}
	}
	d.eval(`for (const canvas of document.querySelectorAll('canvas')) canvas.remove()`)
	if without := d.painted(); with-without < 9*30 {
		t.Errorf("the printed page has %d painted shapes, without its nine figures %d", with, without)
	}
	if errors := d.eval(`document.documentElement.dataset.errors`); errors != "" {
		t.Error(errors)
	}
}

// standsOut is by chart how many of its pixels do, and the luminance of the page's background.
func (d *devtools) standsOut() (out map[string][2]float64) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(d.eval(contrasts)), &out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

var (
	pdfStream = regexp.MustCompile(`(?s)/FlateDecode[^>]*>>\s*stream\r?\n`)
	pdfPaint  = regexp.MustCompile(`\n(S|f\*?)\n`) // stroke or fill a path: ISO 32000-1, 8.5.3
)

// painted is how many shapes the pages have that the browser prints: figures are printed as paths, not as
// images.
func (d *devtools) painted() (n int) {
	d.t.Helper()
	var pdf struct{ Data []byte }
	d.call("Page.printToPDF", map[string]any{"printBackground": true}, &pdf)
	for _, at := range pdfStream.FindAllIndex(pdf.Data, -1) {
		z, err := zlib.NewReader(bytes.NewReader(pdf.Data[at[1]:]))
		if err != nil {
			continue
		}
		page, err := io.ReadAll(z)
		if err != nil {
			d.t.Fatal(err)
		}
		if bytes.Contains(page, []byte(" cm\n")) { // the contents of a page; fonts are compressed too
			n += len(pdfPaint.FindAll(page, -1))
		}
	}
	return n
}
