import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";

export type Webhook = Schemas["Webhook"];
export type WebhookEvent = Webhook["events"][number];
export const webhookEvents = ["item.ready", "item.failed", "item.deleted"] as const satisfies WebhookEvent[];

const queryKey = ["webhooks"];
const pollMs = 1_500;
/** A test is delivered within seconds; where it waits longer, the list says so when it is opened again. */
const maxPollsMs = 60_000;

/** A test that was sent, and the attempt before it. */
export interface SentTest {
	id: string;
	attemptBefore: string | null;
	/** Milliseconds since 1970. */
	sentAt: number;
}

/** The addresses that are told of changes. After a test they are read again until its outcome is there. */
export function useWebhooks(test: SentTest | null) {
	return useQuery({
		queryKey,
		queryFn: async ({ signal }) => (await bodyOf(api().GET("/webhooks", { signal }))).webhooks,
		refetchInterval: ({ state }) => {
			const tested = test && state.data?.find(({ id }) => id === test.id);
			const waits = tested && tested.last_attempt_at === test.attemptBefore;
			return waits && Date.now() - test.sentAt < maxPollsMs ? pollMs : false;
		},
	});
}

export function useChangeWebhooks() {
	const client = useQueryClient();
	const onSettled = () => client.invalidateQueries({ queryKey });
	const adding = useMutation({
		mutationFn: (body: { url: string; events: WebhookEvent[] }) => bodyOf(api().POST("/webhooks", { body })),
		onSettled,
	});
	const removing = useMutation({
		mutationFn: (id: string) => api().DELETE("/webhooks/{id}", { params: { path: { id } } }),
		onSettled,
	});
	const testing = useMutation({
		mutationFn: (id: string) => bodyOf(api().POST("/webhooks/{id}/test", { params: { path: { id } } })),
		onSettled,
	});
	return { adding, removing, testing };
}
