package world

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"holdfast/test/client"
)

// Cluster is several nodes of one deployment: one database, one master key,
// one origin, and nothing else between them.
type Cluster struct {
	Base  string // origin and issuer: a balancer that takes the nodes in turn
	Nodes []*Node

	next atomic.Int64
}

// Node is one of them. As a World it has the host's command line of its own
// socket; browsers that World makes go through the balancer.
type Node struct {
	*World
	Listen string // its own address, host:port
}

// NewCluster starts n nodes on a new PostgreSQL database.
func NewCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	return NewClusterOn(t, Postgres(t), n)
}

// NewClusterOn starts n nodes on the database at dsn.
func NewClusterOn(t testing.TB, dsn string, n int) *Cluster {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key := make([]byte, 32)
	rand.Read(key)
	write(t, filepath.Join(dir, "master.key"), base64.StdEncoding.EncodeToString(key)+"\n")
	write(t, filepath.Join(dir, "dsn"), dsn)
	c := &Cluster{Base: fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)}
	for i := range n {
		c.Nodes = append(c.Nodes, c.add(t, filepath.Join(dir, fmt.Sprintf("node%d", i)), dsn))
	}
	go c.balance(l)
	t.Cleanup(func() { l.Close() })
	return c
}

// add starts one node in a folder of its own.
func (c *Cluster) add(t testing.TB, dir, dsn string) *Node {
	t.Helper()
	for range 5 { // another test may have taken the port between the look and the use
		n := &Node{Listen: fmt.Sprintf("localhost:%d", FreePort(t)),
			World: &World{Engine: PostgreSQL, Base: c.Base, Data: dir, DSN: dsn, Config: dir + ".yaml", t: t}}
		write(t, n.Config, fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\ndatabase_url_file: dsn\nmaster_key_file: master.key\n",
			c.Base, n.Listen, dir))
		n.Start(t)
		if !strings.Contains(n.Server.Stderr(), "address already in use") {
			t.Cleanup(func() { n.stopped(t) })
			return n
		}
	}
	t.Fatal("no port is free")
	return nil
}

// Stranger is a configuration for a node of the same database and origin that
// has no master key, and would make one of its own if it were let.
func (c *Cluster) Stranger(t testing.TB) (config string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stranger")
	write(t, dir+".dsn", c.Nodes[0].DSN)
	write(t, dir+".yaml", fmt.Sprintf("origin: %s\nlisten: localhost:%d\ndata: %s\ndatabase_url_file: stranger.dsn\n",
		c.Base, FreePort(t), dir))
	return dir + ".yaml"
}

// balance hands each connection to the next node that takes it.
func (c *Cluster) balance(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer in.Close()
			for range c.Nodes {
				out, err := net.Dial("tcp", c.turn().Listen)
				if err != nil {
					continue
				}
				var wg sync.WaitGroup
				wg.Go(func() { io.Copy(out, in); out.(*net.TCPConn).CloseWrite() })
				io.Copy(in, out)
				in.Close()
				out.Close()
				wg.Wait()
				return
			}
		}()
	}
}

func (c *Cluster) turn() *Node { return c.Nodes[int(c.next.Add(1))%len(c.Nodes)] }

// Through is the way of one browser to the nodes: to the one it is told, or to
// each in turn, request by request.
type Through struct {
	Cluster *Cluster
	Node    int // index, or InTurn
	HTTP    http.Transport
}

// InTurn sends each request to another node.
const InTurn = -1

// RoundTrip is http.RoundTripper.
func (g *Through) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host != g.Cluster.Base {
		return nil, fmt.Errorf("%s is not of this cluster", r.URL)
	}
	n := g.Cluster.turn()
	if g.Node != InTurn {
		n = g.Cluster.Nodes[g.Node]
	}
	there := r.Clone(r.Context())
	there.Host, there.URL.Host = r.URL.Host, n.Listen
	answer, err := g.HTTP.RoundTrip(there)
	if answer != nil {
		answer.Request = r
	}
	return answer, err
}

// CloseIdleConnections is for http.Client's.
func (g *Through) CloseIdleConnections() { g.HTTP.CloseIdleConnections() }

// At takes a browser to a node, or to all in turn, and answers it.
func (c *Cluster) At(b *client.Client, node int) *client.Client {
	if g, ok := b.HTTP.Transport.(*Through); ok {
		g.Node = node
		return b
	}
	b.HTTP.Transport = &Through{Cluster: c, Node: node}
	return b
}

// HTTP is a client for programs, at a node or at all in turn.
func (c *Cluster) HTTP(node int) *http.Client {
	return &http.Client{Transport: &Through{Cluster: c, Node: node}}
}
