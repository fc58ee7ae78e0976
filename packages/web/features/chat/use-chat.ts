import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, api, bodyOf, type Schemas } from "#web/app/api.ts";

export type ChatMessage = Schemas["ChatMessage"];

const pollMs = 700;
const firstPollMs = 1_500;

export function useSessions() {
	return useQuery({
		queryKey: ["chat", "sessions"],
		queryFn: ({ signal }) => bodyOf(api().GET("/chat/sessions", { params: { query: { limit: 50 } }, signal })),
	});
}

const historyKey = (sessionId: string) => ["chat", "history", sessionId];

type History = Schemas["ChatHistory"];

/** A session's messages; none before its first. */
export function useHistory(sessionId: string | undefined) {
	return useQuery({
		queryKey: historyKey(sessionId ?? ""),
		enabled: sessionId !== undefined,
		queryFn: async ({ signal }): Promise<History | null> => {
			try {
				return await bodyOf(
					api().GET("/chat/{session_id}/history", {
						params: { path: { session_id: sessionId ?? "" }, query: { limit: 100 } },
						signal,
					}),
				);
			} catch (error) {
				if (error instanceof ApiError && error.status === 404) return null;
				throw error;
			}
		},
	});
}

/** The steps of the turn that is under way; asked for once it takes longer than most. */
export function useProgress(sessionId: string, isAnswering: boolean) {
	const [isLong, setLong] = useState(false);
	useEffect(() => {
		if (!isAnswering) return setLong(false);
		// Before its first message is stored, a session does not exist.
		const timer = setTimeout(() => setLong(true), firstPollMs);
		return () => clearTimeout(timer);
	}, [isAnswering]);
	return useQuery({
		queryKey: ["chat", "progress", sessionId],
		enabled: isAnswering && isLong,
		gcTime: 0,
		refetchInterval: isAnswering ? pollMs : false,
		queryFn: async ({ signal }) => {
			const history = await bodyOf(
				api().GET("/chat/{session_id}/history", {
					params: { path: { session_id: sessionId }, query: { limit: 1 } },
					signal,
				}),
			);
			return history.in_progress;
		},
		retry: false,
	});
}

/** Sends a message; the answer joins the history. */
export function useSend(sessionId: string) {
	const client = useQueryClient();
	return useMutation({
		mutationFn: (message: string) =>
			bodyOf(
				api().POST("/chat", {
					body: { message, session_id: sessionId },
					params: { header: { "Idempotency-Key": crypto.randomUUID() } },
				}),
			),
		onSuccess: async (answer, message) => {
			const question: ChatMessage = {
				role: "user",
				content: message,
				timestamp: answer.message.timestamp,
				search_results: [],
				tools_used: [],
				trace_id: null,
			};
			client.setQueryData<History | null>(historyKey(sessionId), (former) => ({
				session_id: sessionId,
				created_at: answer.message.timestamp,
				last_activity: answer.message.timestamp,
				message_count: 0,
				next_cursor: null,
				...former,
				in_progress: null,
				messages: [...(former?.messages ?? []), question, answer.message],
			}));
			await client.invalidateQueries({ queryKey: ["chat", "sessions"] });
		},
	});
}

export function useDeleteSession() {
	const client = useQueryClient();
	return useMutation({
		mutationFn: (sessionId: string) =>
			api().DELETE("/chat/sessions/{session_id}", { params: { path: { session_id: sessionId } } }),
		onSuccess: (_, sessionId) => {
			client.removeQueries({ queryKey: historyKey(sessionId) });
			return client.invalidateQueries({ queryKey: ["chat", "sessions"] });
		},
	});
}
