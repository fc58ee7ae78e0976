import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { CodeField } from "#web/features/account/account-fields.tsx";
import { AuthenticatorSecret } from "#web/features/account/authenticator-secret.tsx";
import { sentenceKey } from "#web/features/account/errors.ts";
import { beginSetUp, turnOn } from "#web/features/account/second-factor.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./settings-page.module.css";
import { accessToken, secondFactorKey } from "./use-second-factor.ts";

const formId = "turn-on-second-factor";

/** Sets up an authenticator app; its first code turns the second factor on. */
export function TurnOnSecondFactor({ email, onClose }: { email: string; onClose(): void }) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const setUp = useQuery({
		queryKey: ["set-up"],
		// A secret that was shown once is not shown again.
		gcTime: 0,
		staleTime: Number.POSITIVE_INFINITY,
		retry: false,
		queryFn: async () => beginSetUp({ AccessToken: await accessToken() }),
	});
	const on = useMutation({
		mutationFn: async (code: string) => {
			if (setUp.data) await turnOn(await accessToken(), setUp.data, code);
		},
		onSuccess: () => {
			client.setQueryData(secondFactorKey, true);
			toast(t("totp.on.done"));
			onClose();
		},
	});
	const key = on.error && sentenceKey(on.error);
	return (
		<Dialog
			title={t("totp.on.title")}
			isOpen
			onClose={onClose}
			actions={
				<>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button type="submit" form={formId} look="primary" isPending={on.isPending} isDisabled={!setUp.data}>
						{t("totp.turnOn")}
					</Button>
				</>
			}
		>
			{setUp.error && <Failure error={setUp.error} />}
			{setUp.isPending && <Loading />}
			{setUp.data && (
				<form
					id={formId}
					className={styles.setUp}
					onSubmit={(event: FormEvent<HTMLFormElement>) => {
						event.preventDefault();
						on.mutate(String(new FormData(event.currentTarget).get("code")).trim());
					}}
				>
					<AuthenticatorSecret email={email} secret={setUp.data.secret} />
					<CodeField label={t("account.totp.code")} error={key ? t(key) : on.error?.message} />
				</form>
			)}
		</Dialog>
	);
}
