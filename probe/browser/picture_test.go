package browser_test

import (
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/probe/browser"
)

// colorful shows elements of one color each: fields, what repeats a secret, what is marked, and one that may be seen.
const colorful = `<style>body > * { position: absolute; margin: 0; border: 0; width: 180px; height: 80px; transition: opacity 1s }</style>
<input style="left: 0; top: 0; background: red" oninput="echo.textContent = 'You typed ' + this.value">
<textarea style="left: 200px; top: 0; background: red">Text</textarea>
<select style="left: 400px; top: 0; background: red"><option>One</option></select>
<p contenteditable style="left: 600px; top: 0; background: red">Text</p>
<iframe style="left: 800px; top: 0" srcdoc="<body style='background: red'>Text"></iframe>
<canvas style="left: 1000px; top: 0; background: red"></canvas>
<p id="echo" style="left: 0; top: 100px; background: red"></p>
<p class="traveler" style="left: 200px; top: 100px; background: red">Somebody</p>
<div id="host" style="left: 400px; top: 100px"></div>
<x-closed style="left: 600px; top: 100px"></x-closed>
<p style="left: 0; top: 200px; background: lime">This may be seen</p>
<script>
const inner = "<input style='width: 180px; height: 80px; border: 0; background: red'>";
host.attachShadow({mode: "open"}).innerHTML = inner;
document.querySelector("x-closed").attachShadow({mode: "closed"}).innerHTML = inner;
</script>`

func TestPerform_PictureOfAFailureIsMasked(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, map[string]http.HandlerFunc{"/": html(colorful)})
	s := newStation(t)
	folder := filepath.Join(t.TempDir(), "screenshots")
	s.here.Album = browser.NewAlbum(folder, 5, time.Hour)
	s.options.Secrets = func(string) (string, error) { return "hunter2", nil }
	const acts = `actions: [{open: "${endpoint}/"}, {fill: input, with: "${secret:tpac-login}"}, {wait: "#echo", text: You typed}]`
	err := s.fails(portolan.PhaseCheck, portolan.KindAssertion, endpoint,
		step(t, "a", `{`+acts+`, expect: ['title == "Another"'], screenshot: true, mask: [.traveler]}`))
	pictures, _ := filepath.Glob(filepath.Join(folder, "*-desk-ask.png"))
	if len(pictures) != 1 || !strings.Contains(err.Error(), "picture in "+pictures[0]) {
		t.Fatalf("got pictures %q and %v, want one, and its place told", pictures, err)
	}
	if info, err := os.Stat(pictures[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the picture is %v, %v; want it readable by its owner only", info.Mode(), err)
	}
	file, err := os.Open(pictures[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[color.Color]int{}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			seen[color.RGBAModel.Convert(picture.At(x, y))]++
		}
	}
	if n := seen[color.RGBA{255, 0, 0, 255}]; n != 0 {
		t.Errorf("%d dots show what must be masked", n)
	}
	if n := seen[color.RGBA{0, 255, 0, 255}]; n < 10_000 {
		t.Errorf("%d dots show what may be seen, want most of 180 x 80", n)
	}

	s.fails(portolan.PhaseCheck, portolan.KindAssertion, endpoint, step(t, "a", `{`+acts+`, expect: ['title == "Another"']}`))
	if now, _ := filepath.Glob(filepath.Join(folder, "*")); len(now) != 1 {
		t.Errorf("a step that allows no picture left one: %q", now)
	}
}
