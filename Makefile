# Holdfast's commands. `make test` is the one test command; the rest are parts
# of it or figures. Everything that builds goes to bin/.

GO ?= $(shell command -v go || echo /usr/local/go/bin/go)

.PHONY: help build fips test-fips deb image demo test quick race fuzz-short bench storybook clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

build: ## bin/holdfast, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/holdfast ./cmd/holdfast

fips: ## bin/holdfast-fips, with the validated Go Cryptographic Module
	CGO_ENABLED=0 GOFIPS140=v1.0.0 $(GO) build -trimpath -ldflags '-s -w' -o bin/holdfast-fips ./cmd/holdfast

test-fips: ## the ceremonies, the stories and the keys, on that module
	GOFIPS140=v1.0.0 GODEBUG=fips140=on $(GO) test ./spec/... ./test/story ./edge/keys

deb: ## bin/holdfast_VERSION_ARCH.deb
	packaging/deb/build

image: ## bin/holdfast-VERSION-ARCH.oci.tar
	packaging/oci/build

demo: ## run the demonstration
	$(GO) run ./cmd/holdfast demo

test: ## everything: installs what it needs where it may, starts a PostgreSQL, tests
	test/run

quick: ## go vet and go test with what is here, PostgreSQL left out
	$(GO) vet ./...
	$(GO) test ./...

race: ## the race detector over the parts that share memory
	test/with-postgres $(GO) test -race -short ./domain/... ./flow/... ./edge/...

fuzz-short: ## every fuzz target for ten seconds
	test/fuzz-short

bench: ## figures for docs/performance.md
	test/with-postgres $(GO) run ./test/bench

storybook: ## every page and component with sample data
	$(GO) run ./cmd/holdfast storybook

clean: ## what was built and photographed
	rm -rf bin artifacts
