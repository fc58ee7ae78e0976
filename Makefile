# Collections. `make` prints what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
ENV ?= dev
INSTALLED := node_modules/.installed

help: ## print the targets
	@awk 'BEGIN {FS = ":.*## "; print "make TARGET [ENV=dev|test|prod|local]"} /^##: / {print "\n" substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile

##: on this machine
dev: $(INSTALLED) ## run everything here, in the foreground: API, docs, login, a search to paste
	@node scripts/dev.ts

up: $(INSTALLED) ## the same in the background; returns when the API answers
	@node scripts/up.ts

down: $(INSTALLED) ## end what make up started; nothing is lost
	@node scripts/down.ts

dev-reset: down ## forget all local items, users and logs
	@rm -rf .local .aws-outputs-local.json
	@echo "Forgotten. make dev starts afresh."

token: $(INSTALLED) ## print an ID token: make -s token ENV=local EMAIL=demo@example.com
	@ENV=$(ENV) node scripts/token.ts

install: ## install packages, and the native one for every architecture we deploy to
	@rm -f $(INSTALLED)
	@$(MAKE) --no-print-directory $(INSTALLED)

$(INSTALLED): package.json package-lock.json .npmrc
	@scripts/install.sh
	@touch $@

##: quality
test: $(INSTALLED) ## all tests
	@vitest run

check: $(INSTALLED) ## types, lint, format, import directions
	@tsc --noEmit
	@biome check
	@vitest run --project parts test/architecture.test.ts

format: $(INSTALLED) ## format and sort imports
	@biome check --write

bench-start: $(INSTALLED) ## seconds from make dev to a search that finds its sample
	@node test/bench/start.ts

bench-pipeline: $(INSTALLED) ## upload to ready, against the bare work in one process
	@node test/bench/pipeline.ts

bench-cold: $(INSTALLED) ## CPU of the api's cold start, against a bare Node
	@node test/bench/cold.ts

bench-images: $(INSTALLED) ## time and memory of deriving from a photo, against decoding it whole
	@node test/bench/images.ts

##: on AWS
synth: $(INSTALLED) ## build bundles, write cdk.out/Collections*-$ENV.template.json
	@ENV=$(ENV) node scripts/synth.ts

preflight: $(INSTALLED) ## everything a deployment needs, looked at without changing anything
	@ENV=$(ENV) node scripts/preflight.ts

infra-diff: $(INSTALLED) ## what a deployment would change
	@ENV=$(ENV) node scripts/infra-diff.ts

infra-deploy: $(INSTALLED) ## preflight, diff, consent (YES=1 gives it), stacks with the migrations between, outputs
	@ENV=$(ENV) node scripts/infra-deploy.ts

infra-status: $(INSTALLED) ## how the five stacks stand, and what to do about those that do not
	@ENV=$(ENV) node scripts/infra-status.ts

infra-outputs: $(INSTALLED) ## write .aws-outputs-$ENV.json, from which scripts, tests and clients start
	@ENV=$(ENV) node scripts/infra-outputs.ts

.PHONY: help dev up down dev-reset token install test check format bench-start bench-pipeline bench-cold bench-images synth
.PHONY: preflight infra-diff infra-deploy infra-status infra-outputs
