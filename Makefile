# The commands of a contributor. `make test` is what the project's own check
# runs: on a fresh Debian machine with Go, make and git it needs nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

GOFUMPT_VERSION := v0.12.0
GOLANGCI_VERSION := v2.15.0

# Tools are built once per version and kept outside the tree.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lockstep-tools
GOFUMPT := $(TOOLS)/gofumpt-$(GOFUMPT_VERSION)/gofumpt
GOLANGCI := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

# Every module of the repository; `go test ./...` stops at the border of one.
MODULES := $(sort $(patsubst %/go.mod,%,$(shell find . -name go.mod -not -path '*/testdata/*')))

# Tests wait for servers more than they compute, hence more of them at once.
TESTFLAGS ?= -race -parallel 8 -timeout 20m
FUZZTIME ?= 20s
BENCH ?= .

say = @printf '\n== %s\n'

.PHONY: build test test-all check vet lint fmt fmt-check facts fuzz bench bench-runners servers go-test bin/servers clean

build:
	$(say) 'build bin/lockstep'
	CGO_ENABLED=0 go build -trimpath -o bin/lockstep ./cmd/lockstep

# Everything, on PostgreSQL 15 and 18, MySQL 9.7, MariaDB 10.11 and 11.8, SQLite.
test: check bin/servers
	$(say) 'test on real servers: go test $(TESTFLAGS) ./...'
	LOCKSTEP_TEST_REQUIRE=1 bin/servers -cc -- $(MAKE) --no-print-directory go-test

# The same, and PostgreSQL 14, 16 and 17.
test-all: check bin/servers
	$(say) 'test on all servers: go test $(TESTFLAGS) ./...'
	LOCKSTEP_TEST_REQUIRE=1 bin/servers -cc -all -- $(MAKE) --no-print-directory go-test

# What needs no database.
check: vet fmt-check lint build facts

vet:
	$(say) 'go build and go vet'
	@for m in $(MODULES); do (cd $$m && go build ./... && go vet ./...); done

fmt-check: $(GOFUMPT)
	$(say) 'gofumpt'
	@bad=$$($(GOFUMPT) -l .); if [ -n "$$bad" ]; then echo "not formatted; run make fmt:"; echo "$$bad"; exit 1; fi

fmt: $(GOFUMPT)
	$(say) 'format'
	$(GOFUMPT) -l -w .

lint: $(GOLANGCI)
	$(say) 'golangci-lint'
	@for m in $(MODULES); do (cd $$m && $(GOLANGCI) run ./...); done

# Importing the library must bring an application nothing but the standard library.
facts:
	$(say) 'what importing lockstep costs'
	@extra=$$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' . | grep -v '^github.com/lockstepdb/lockstep\(/\|$$\)' || true); \
	if [ -n "$$extra" ]; then echo 'importing lockstep brings in:'; echo "$$extra"; exit 1; fi
	@echo "packages: $$(go list -deps . | wc -l), outside the standard library and lockstep: 0"
	@if [ -e bin/lockstep ]; then echo "bin/lockstep: $$(stat -c %s bin/lockstep) bytes"; fi

# Run by the targets above, inside the servers' environment.
go-test:
	@status=0; for m in $(MODULES); do (cd $$m && go test $(TESTFLAGS) ./...) || status=1; done; exit $$status

# Each fuzz target for a short time; a fault found is kept below testdata/fuzz.
fuzz:
	@for file in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | sort); do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' $$file); do \
			printf '\n== fuzz %s in %s\n' $$name $$(dirname $$file); \
			(cd $$(dirname $$file) && go test -run NoTest -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) .); \
		done; \
	done

bench: bin/servers
	$(say) 'benchmarks on real servers'
	bin/servers -- $(MAKE) --no-print-directory go-test TESTFLAGS="-run NoTest -bench '$(BENCH)' -benchmem -timeout 60m -p 1"

# Compares with other runners, in bench/, a module of its own.
bench-runners: bin/servers
	$(say) 'benchmark of runners'
	bin/servers -- go -C bench run . -markdown ../docs/benchmarks.md

# Servers for work at the desk: prints the variables, runs until Ctrl-C.
servers: bin/servers
	@bin/servers

bin/servers:
	@go build -o bin/servers ./internal/testdb/cmd/servers

$(GOFUMPT):
	$(say) 'build gofumpt $(GOFUMPT_VERSION) (once)'
	GOBIN=$(dir $@) go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)

$(GOLANGCI):
	$(say) 'build golangci-lint $(GOLANGCI_VERSION) (once)'
	GOBIN=$(dir $@) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

clean:
	rm -rf bin
