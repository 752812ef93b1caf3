package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// bench is one run of this program.
type bench struct {
	settings
	dir    string // of this run, removed at its end
	out    io.Writer
	binary string // what serverBinary built
}

func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format, args...) }

// tmpfsMagic is statfs's word for a file system in memory (man 2 statfs).
const tmpfsMagic = 0x01021994

func (b *bench) describeMachine() error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(b.dir, &fs); err != nil {
		return err
	}
	if fs.Type == tmpfsMagic {
		return errors.New(b.dir + " is in memory: a durable sign-in costs nothing there. Name a folder on a disk with -dir.")
	}
	sync, err := fsyncTime(b.dir)
	if err != nil {
		return err
	}
	b.printf("machine   %d × %s, %s, load %s\n", runtime.NumCPU(), processor(), runtime.Version(), loadAverage())
	b.printf("          fsync of a 4 KiB append %s (median of 50) · P-256 verifications of the whole machine %.0f /s\n\n",
		round(sync), rawVerifications(2*time.Second))
	return nil
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

func fsyncTime(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "fsync.")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	for range 50 {
		began := time.Now()
		if _, err := f.Write(bytes.Repeat([]byte{1}, 4096)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return median(took), nil
}

// rawVerifications is the yardstick: bare ecdsa.VerifyASN1 on P-256, on every
// processor at once, per second.
func rawVerifications(length time.Duration) float64 {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	hash := sha256.Sum256([]byte("holdfast"))
	sig, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
	if err != nil {
		panic(err)
	}
	counts := make([]int, runtime.GOMAXPROCS(0))
	began := time.Now()
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() {
			n := 0
			for time.Since(began) < length {
				for range 20 {
					if !ecdsa.VerifyASN1(&key.PublicKey, hash[:], sig) {
						panic("bench: a good signature was refused")
					}
				}
				n += 20
			}
			counts[i] = n
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / time.Since(began).Seconds()
}
