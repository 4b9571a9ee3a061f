package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
)

// decodeGIF returns what a GIF shows after each of its first frames, composed as
// a viewer would. Frames beyond the limits are cut off before decoding, because
// image/gif can only decode all of them at once.
func decodeGIF(b []byte, l Limits, work *budget) ([]image.Image, []Problem) {
	c, err := gif.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, []Problem{problemOf("GIF", err)}
	}
	if !fits(c.Width, c.Height, l.Pixels) {
		return nil, []Problem{problemOf("GIF", errTooLarge)}
	}
	head, frames, more := cutGIF(b, c.Width*c.Height, l)
	var problems []Problem
	if more {
		problems = append(problems, Problem{CodeLimit, fmt.Sprintf("GIF: read only the first %d frames", frames)})
	}
	if frames == 0 {
		return nil, append(problems, Problem{CodeMalformed, "GIF: no frame in it"})
	}
	if !work.spend(8 * frames * c.Width * c.Height) {
		return nil, append(problems, Problem{CodeLimit, "GIF: no work left for this picture"})
	}
	g, err := gif.DecodeAll(bytes.NewReader(head))
	if err != nil {
		// A broken later frame must not hide the first.
		img, err1 := gif.Decode(bytes.NewReader(b))
		if err1 != nil {
			return nil, append(problems, problemOf("GIF", err))
		}
		return []image.Image{img}, append(problems, problemOf("GIF", err))
	}
	return composeGIF(g, c.Width, c.Height), problems
}

// composeGIF draws the frames over each other, as their disposal says.
func composeGIF(g *gif.GIF, w, h int) []image.Image {
	if len(g.Image) == 1 && g.Image[0].Rect == image.Rect(0, 0, w, h) {
		return []image.Image{g.Image[0]}
	}
	var shown []image.Image
	canvas := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i, frame := range g.Image {
		before := canvas
		if g.Disposal[i] == gif.DisposalPrevious {
			before = cloneNRGBA(canvas)
		}
		draw.Draw(canvas, frame.Rect, frame, frame.Rect.Min, draw.Over)
		shown = append(shown, cloneNRGBA(canvas))
		switch g.Disposal[i] {
		case gif.DisposalBackground:
			draw.Draw(canvas, frame.Rect, image.NewUniform(color.Transparent), image.Point{}, draw.Src)
		case gif.DisposalPrevious:
			canvas = before
		}
	}
	return shown
}

func cloneNRGBA(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
}

// cutGIF returns b up to the end of the last frame within the limits, closed with
// a trailer, how many frames that is, and whether there were more. canvas is the
// size of what each frame is drawn on.
func cutGIF(b []byte, canvas int, l Limits) (head []byte, frames int, more bool) {
	at := 13
	if len(b) < at {
		return nil, 0, false
	}
	if b[10]&0x80 != 0 {
		at += 3 << (b[10]&7 + 1)
	}
	end := at
	for at < len(b) {
		switch b[at] {
		case 0x21: // an extension: label, then sub-blocks
			at = skipBlocks(b, at+2)
		case 0x2c: // a frame: its place, its colours, its code size, then sub-blocks
			if at+10 > len(b) {
				return cutAt(b, end), frames, false
			}
			if frames == l.Frames || (frames+1)*canvas > l.Pixels {
				return cutAt(b, end), frames, true
			}
			if flags := b[at+9]; flags&0x80 != 0 {
				at += 3 << (flags&7 + 1)
			}
			at = skipBlocks(b, at+11)
			frames++
			end = min(at, len(b))
		default: // the trailer, or nothing known
			return cutAt(b, end), frames, false
		}
	}
	return cutAt(b, end), frames, false
}

func cutAt(b []byte, end int) []byte {
	end = min(end, len(b))
	return append(bytes.Clone(b[:end]), 0x3b)
}

// skipBlocks returns where the sub-blocks that begin at at end, or len(b).
func skipBlocks(b []byte, at int) int {
	for at < len(b) {
		n := int(b[at])
		at += n + 1
		if n == 0 {
			return at
		}
	}
	return len(b)
}
