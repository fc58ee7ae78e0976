import { useEffect, useState } from "react";
import { ApiError } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "./button.tsx";
import styles from "./refusal.module.css";

/** Something that was asked and has no answer: why, and another attempt; where the API says when it may be made, not before. */
export function Refusal({ text, error, onRetry }: { text: string; error?: Error; onRetry(): void }) {
	const { t } = useLanguage();
	const seconds = useSecondsUntil(error);
	return (
		<div className={styles.refusal} role={error && "alert"}>
			<p>{text}</p>
			<Button icon="retry" onPress={onRetry} isDisabled={seconds > 0}>
				{seconds > 0 ? t("retry.in", { count: seconds }) : t("action.retry")}
			</Button>
		</div>
	);
}

function useSecondsUntil(error: Error | undefined): number {
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
