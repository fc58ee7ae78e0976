import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { turnOff } from "#web/features/account/second-factor.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Confirm } from "#web/ui/dialog.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./settings-page.module.css";
import { accessToken, secondFactorKey, useSecondFactor } from "./use-second-factor.ts";

const TurnOn = lazy(async () => ({ default: (await import("./turn-on-second-factor.tsx")).TurnOnSecondFactor }));

/** Turns on, or off, that a code of an authenticator app follows the password. */
export function SecondFactor({ email, canTurnOff }: { email: string; canTurnOff: boolean }) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const [isOpen, setOpen] = useState<"on" | "off" | null>(null);
	const { data, error, refetch } = useSecondFactor();
	const off = useMutation({
		mutationFn: async () => turnOff(await accessToken()),
		onSuccess: () => {
			client.setQueryData(secondFactorKey, false);
			toast(t("totp.off.done"));
		},
		onError: (error) => toast(error.message, { tone: "danger" }),
		onSettled: () => setOpen(null),
	});
	if (error && data === undefined) return <Failure error={error} onRetry={() => refetch()} />;
	if (data === undefined) return <Loading />;
	return (
		<div className={styles.form}>
			<h3 className={styles.label}>{t("totp.title")}</h3>
			<p className={styles.person}>{data ? t("totp.isOn") : t("totp.isOff")}</p>
			{!data && (
				<Button onPress={() => setOpen("on")} className={styles.submit}>
					{t("totp.turnOn")}
				</Button>
			)}
			{data && canTurnOff && (
				<Button onPress={() => setOpen("off")} className={styles.submit}>
					{t("totp.turnOff")}
				</Button>
			)}
			<Suspense fallback={null}>{isOpen === "on" && <TurnOn email={email} onClose={() => setOpen(null)} />}</Suspense>
			<Confirm
				title={t("totp.off.title")}
				isOpen={isOpen === "off"}
				action={t("totp.turnOff")}
				isPending={off.isPending}
				onConfirm={() => off.mutate()}
				onClose={() => setOpen(null)}
			>
				<p>{t("totp.off.text")}</p>
			</Confirm>
		</div>
	);
}
