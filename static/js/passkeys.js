/* Passkeys: the browser asks the device, the form carries its answer. `webauthnJSON` is allauth's file beside this one. */
(() => {
  "use strict";

  const forms = () => document.querySelectorAll("form[data-passkey]");
  const isPossible = () => Boolean(window.PublicKeyCredential && window.webauthnJSON?.supported());

  /* What a browser without passkeys could not use is not offered. */
  const reveal = () => {
    if (isPossible()) for (const form of forms()) form.hidden = false;
  };

  const say = (form, words) => {
    const line = form.querySelector("[data-passkey-error]");
    line.textContent = words;
    line.hidden = !words;
  };

  const challenge = async (form) => {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).request_options;
  };

  const ask = async (form) => {
    if (form.dataset.passkey === "add") return window.webauthnJSON.create(JSON.parse(form.dataset.options));
    return window.webauthnJSON.get(form.dataset.options ? JSON.parse(form.dataset.options) : await challenge(form));
  };

  const SENTENCES = {
    NotAllowedError: "Nothing came back from the device. Try again, and answer what it asks.",
    InvalidStateError: "This device already has a passkey for you here.",
    SecurityError: "The browser refuses passkeys at this address.",
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-passkey]");
    if (!form || form.elements.credential.value) return;
    event.preventDefault();
    say(form, "");
    if (!isPossible()) return say(form, "This browser has no passkeys.");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch (problem) {
      say(form, SENTENCES[problem.name] ?? "That did not work. Reload the page and try again.");
      button.disabled = false;
    }
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", reveal);
  else reveal();
  /* Back in the history: an answer is good once. */
  window.addEventListener("pageshow", () => {
    for (const form of forms()) {
      form.elements.credential.value = "";
      form.querySelector("button[type=submit]").disabled = false;
    }
  });
})();
