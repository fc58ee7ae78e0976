import { EventsNotPublished } from "#core/errors.ts";
import { type EventType, eventSchemas, type OutgoingEvent } from "#core/pipeline/events.ts";
import type { EventSource } from "#core/pipeline/stages.ts";
import type { Events, Ports } from "#core/ports/index.ts";
import { fakeAlbums } from "./albums.ts";
import { fakeAnalyses } from "./analyses.ts";
import { fakeArchives, fakeTar } from "./archives.ts";
import { type FakeChat, fakeChat } from "./chat.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import { fakeDeletedAccounts } from "./deleted-accounts.ts";
import { fakeEdits } from "./edits.ts";
import { fakeGolden } from "./golden.ts";
import { fakeIdempotencyKeys } from "./idempotency-keys.ts";
import { fakeItems } from "./items.ts";
import { fakeJobs } from "./jobs.ts";
import { fakeEmbedder, fakeImages, fakeVision } from "./models.ts";
import { fakeObjects } from "./objects.ts";
import { fakeOutbox } from "./outbox.ts";
import { fakeOwnQuotas } from "./own-quotas.ts";
import { type FakeUserPool, fakeProfiles, fakeUserPool } from "./people.ts";
import { fakeQuotaCounts } from "./quota-counts.ts";
import { fakeRateLimits } from "./rate-limits.ts";
import { fakeRedactions } from "./redactions.ts";
import { fakeRequests } from "./requests.ts";
import { fakeSearch } from "./search.ts";
import { fakeConversations } from "./sessions.ts";
import { fakeShares } from "./shares.ts";
import { fakeSearchSettings, fakeSimilar } from "./similar.ts";
import { fakeStages } from "./stages.ts";
import { createStore, type Store } from "./store.ts";
import { fakeSubscriptions } from "./subscriptions.ts";
import { fakeTags } from "./tags.ts";
import { fakeUsage } from "./usage.ts";
import { fakeVectorIndex } from "./vector-index.ts";
import { fakeVerificationCache } from "./verification-cache.ts";
import { fakeVerifications } from "./verifications.ts";
import { type FakeWebSearch, fakeWebSearch } from "./web-search.ts";
import { fakeWebhooks } from "./webhooks.ts";

export interface FakePorts extends Ports {
	webSearch: FakeWebSearch;
	chat: FakeChat;
	clock: FakeClock;
	events: FakeEvents;
	userPool: FakeUserPool;
	/** The rows, for test states that no port can create. */
	store: Store;
}

interface FakeEvents extends Events {
	/** Every published event of an item, oldest first. */
	readonly published: (OutgoingEvent & { source: EventSource })[];
	/** Every published event of a job, oldest first. */
	readonly jobsDue: (OutgoingEvent<"JobDue"> & { source: EventSource })[];
}

/** Implements every port in memory. Those over rows share one store and one clock. */
export function fakePorts(): FakePorts {
	const clock = fakeClock();
	const store = createStore(clock);
	const published: FakeEvents["published"] = [];
	const jobsDue: FakeEvents["jobsDue"] = [];
	const conversations = fakeConversations(clock);
	return {
		clock,
		store,
		items: fakeItems(store),
		edits: fakeEdits(store),
		tags: fakeTags(store),
		stages: fakeStages(store),
		requests: fakeRequests(store),
		// Searches read the texts themselves: no index of them is out of date.
		searchIndex: { indexOutdated: async () => 0, rewriteOutdated: async () => 0 },
		redactions: fakeRedactions(store),
		rateLimits: fakeRateLimits(clock),
		quotaCounts: fakeQuotaCounts(clock),
		ownQuotas: fakeOwnQuotas(),
		idempotencyKeys: fakeIdempotencyKeys(clock),
		outbox: fakeOutbox(store),
		analyses: fakeAnalyses(store),
		albums: fakeAlbums(store),
		archives: fakeArchives(store),
		tar: fakeTar,
		jobs: fakeJobs(store),
		golden: fakeGolden(store),
		search: fakeSearch(store),
		searchSettings: fakeSearchSettings(store),
		similar: fakeSimilar(store),
		vectorIndex: fakeVectorIndex(store),
		// Maps in memory need no partitions.
		vectorPartitions: {
			listLarge: async () => [],
			rebuild: async () => {},
			assign: async () => 0,
			removeEmpty: async () => {},
		},
		objects: fakeObjects(),
		events: {
			published,
			jobsDue,
			async publish(source, events) {
				const failures = new Map<string, unknown>();
				for (const event of events) {
					const parsed = eventSchemas[event.type].safeParse(event.detail);
					if (!parsed.success) failures.set(event.id, parsed.error);
					else if (isJobDue(event)) jobsDue.push(structuredClone({ ...event, source }));
					else published.push(structuredClone({ ...(event as OutgoingEvent), source }));
				}
				if (failures.size > 0) throw new EventsNotPublished(failures, events.length);
			},
		},
		images: fakeImages(),
		vision: fakeVision(),
		embedder: fakeEmbedder(),
		chat: fakeChat(),
		...conversations,
		chats: conversations.sessions,
		sessionUpkeep: {
			async count() {
				return { active: 0, expired: 0 };
			},
			async removeOrphans() {
				return { seen: 0, removed: 0 };
			},
		},
		webSearch: fakeWebSearch(),
		health: { async check() {} },
		profiles: fakeProfiles(store),
		usage: fakeUsage(store),
		userPool: fakeUserPool(),
		shares: fakeShares(store),
		subscriptions: fakeSubscriptions(store),
		verifications: fakeVerifications(store),
		verificationCache: fakeVerificationCache(clock),
		webhooks: fakeWebhooks(store),
		webhookSender: { post: async () => 200 },
		deletedAccounts: fakeDeletedAccounts(store),
	};
}

const isJobDue = (event: OutgoingEvent<EventType>): event is OutgoingEvent<"JobDue"> => event.type === "JobDue";
