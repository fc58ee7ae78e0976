import { useEffect, useState } from "react";
import { ApiError } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "./button.tsx";

/** Asks again; where the API says when it may be asked, not before. */
export function RetryButton({ error, onPress }: { error: Error; onPress(): void }) {
	const { t } = useLanguage();
	const seconds = useSecondsUntil(error);
	return (
		<Button icon="retry" onPress={onPress} isDisabled={seconds > 0}>
			{seconds > 0 ? t("retry.in", { count: seconds }) : t("action.retry")}
		</Button>
	);
}

function useSecondsUntil(error: Error): number {
	const [seconds, setSeconds] = useState(0);
	useEffect(() => {
		const waitMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
		const end = performance.now() + waitMs;
		const count = () => setSeconds(Math.max(0, Math.ceil((end - performance.now()) / 1_000)));
		count();
		if (waitMs === 0) return;
		const timer = setInterval(count, 1_000);
		return () => clearInterval(timer);
	}, [error]);
	return seconds;
}
