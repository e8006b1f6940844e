package main

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
)

// proxy stands between a contender and a server and counts round trips: how
// often the server answers after the client has spoken.
type proxy struct {
	listener net.Listener
	server   string
	open     sync.WaitGroup

	connections, trips atomic.Int64
}

// listen starts a proxy for the server of t and returns t with its address.
func listen(ctx context.Context, t target) (*proxy, target, error) {
	u, err := url.Parse(t.url)
	if err != nil {
		return nil, t, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, t, err
	}
	p := &proxy{listener: l, server: u.Host}
	u.Host = l.Addr().String()
	t.url = u.String()
	p.open.Go(func() { p.accept(ctx) })
	return p, t, nil
}

func (p *proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.open.Go(func() { p.serve(ctx, client) })
	}
}

// serve carries one connection.
func (p *proxy) serve(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }() // the other side has closed or will see it
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }() // as above
	p.connections.Add(1)
	var spoken atomic.Bool
	var both sync.WaitGroup
	both.Go(func() {
		carry(server, client, func() { spoken.Store(true) })
		_ = server.Close() // ends the other direction
	})
	both.Go(func() {
		carry(client, server, func() {
			if spoken.Swap(false) {
				p.trips.Add(1)
			}
		})
		_ = client.Close() // ends the other direction
	})
	both.Wait()
}

// carry copies and tells of each piece before it is passed on.
func carry(to io.Writer, from io.Reader, each func()) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			each()
			if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// close ends the proxy once its connections have ended.
func (p *proxy) close() {
	_ = p.listener.Close() // ends accept
	p.open.Wait()
}
