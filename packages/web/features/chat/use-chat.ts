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

export const historyKey = (sessionId: string) => ["chat", "history", sessionId];

export type History = Schemas["ChatHistory"];

/** The messages before a question, which is stored when its turn begins. */
export function withoutQuestion(messages: ChatMessage[], question: string): ChatMessage[] {
	const last = messages.at(-1);
	return last?.role === "user" && last.content === question ? messages.slice(0, -1) : messages;
}

/** A session's messages; none before its first. A turn that goes on without this page is looked at until its end. */
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
		refetchInterval: ({ state }) => (state.data?.in_progress ? pollMs : false),
	});
}

/** The steps of a turn that is not streamed; asked for once it takes longer than most. */
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

/** The list shows the new title before the index of sessions does. */
export function useRenameSession() {
	const client = useQueryClient();
	return useMutation({
		mutationFn: ({ sessionId, title }: { sessionId: string; title: string }) =>
			bodyOf(
				api().PATCH("/chat/sessions/{session_id}", { params: { path: { session_id: sessionId } }, body: { title } }),
			),
		onSuccess: (renamed) =>
			client.setQueryData<Schemas["ChatSessions"]>(["chat", "sessions"], (former) => ({
				stats: { total_sessions: 0, total_messages: 0 },
				...former,
				sessions: (former?.sessions ?? []).map((each) => (each.session_id === renamed.session_id ? renamed : each)),
			})),
	});
}
