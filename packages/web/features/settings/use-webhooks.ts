import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";

export type Webhook = Schemas["Webhook"];
export type WebhookEvent = Webhook["events"][number];
export const webhookEvents = ["item.ready", "item.failed", "item.deleted"] as const satisfies WebhookEvent[];

const queryKey = ["webhooks"];
/** A test is delivered within seconds, or fails after ten. */
const testedMs = 15_000;
const pollMs = 1_500;

/** The addresses that are told of changes. After a test they are read again until its outcome is there. */
export function useWebhooks(testedAt: number | null) {
	return useQuery({
		queryKey,
		queryFn: async ({ signal }) => (await bodyOf(api().GET("/webhooks", { signal }))).webhooks,
		refetchInterval: testedAt === null ? false : () => (Date.now() - testedAt < testedMs ? pollMs : false),
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
