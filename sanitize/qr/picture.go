package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
)

// kind is a file format.
type kind int

const (
	kindNone kind = iota
	kindPNG
	kindJPEG
	kindGIF
	kindWebP
	kindBMP
)

// kindOf tells the format by its first bytes.
func kindOf(b []byte) kind {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return kindPNG
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return kindJPEG
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return kindGIF
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return kindWebP
	case len(b) >= 18 && string(b[:2]) == "BM" && b[14] >= 12 && b[15] == 0 && b[16] == 0 && b[17] == 0:
		return kindBMP
	}
	return kindNone
}

// errTooLarge is for a picture that declares more pixels than are allowed.
var errTooLarge = errors.New("picture declares too many pixels")

// decodePicture returns the frames of a picture. It never decodes one whose
// header declares more than l.Pixels: 43 bytes of PNG can ask for gigabytes.
func decodePicture(b []byte, l Limits, work *budget) (frames []image.Image, problems []Problem) {
	// Decoders of pictures have had panics on hostile input, in the standard
	// library too; one picture must not cost the rest of the mail.
	defer func() {
		if r := recover(); r != nil {
			problems = append(problems, Problem{CodeMalformed, "the picture's decoder gave up"})
		}
	}()
	var img image.Image
	var err error
	name := ""
	switch kindOf(b) {
	case kindPNG:
		name = "PNG"
		img, err = decodePNG(b, l.Pixels)
	case kindJPEG:
		name = "JPEG"
		img, err = decodeJPEG(b, l.Pixels, work)
	case kindGIF:
		return decodeGIF(b, l, work)
	case kindWebP:
		return decodeWebP(b, l, work)
	case kindBMP:
		name = "BMP"
		img, err = decodeBMP(b, l.Pixels)
	default:
		return nil, []Problem{{CodeUnsupported, "not a picture of a known kind"}}
	}
	if err != nil {
		return nil, []Problem{problemOf(name, err)}
	}
	size := img.Bounds().Dx() * img.Bounds().Dy()
	if !work.spend(8 * size) {
		return nil, []Problem{{CodeLimit, name + ": no work left for this picture"}}
	}
	return []image.Image{img}, nil
}

// problemOf tells a failed decoding. The decoders' own words are about structure,
// not content.
func problemOf(name string, err error) Problem {
	if errors.Is(err, errTooLarge) {
		return Problem{CodeLimit, fmt.Sprintf("%s: %v", name, err)}
	}
	return Problem{CodeMalformed, fmt.Sprintf("%s: %v", name, err)}
}

func decodePNG(b []byte, pixels int) (image.Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if !fits(c.Width, c.Height, pixels) {
		return nil, errTooLarge
	}
	return png.Decode(bytes.NewReader(b))
}

// decodeJPEG charges a progressive picture for each of its scans: every one goes
// over the whole picture again, and some bytes make a scan.
func decodeJPEG(b []byte, pixels int, work *budget) (image.Image, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if !fits(c.Width, c.Height, pixels) {
		return nil, errTooLarge
	}
	scans := bytes.Count(b, []byte("\xff\xda"))
	if scans > 1 && !work.spend((scans-1)*c.Width*c.Height) {
		return nil, fmt.Errorf("%w in %d scans", errTooLarge, scans)
	}
	return jpeg.Decode(bytes.NewReader(b))
}
