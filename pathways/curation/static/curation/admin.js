// What the form of a record adds where scripts run. Everything works without it, only less at once.
"use strict";

{
  const MINUTE = 60_000;

  const token = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;

  // Who else has the record open.
  const here = document.querySelector(".others-here");
  if (here) {
    let saving = false;
    const body = (left) => {
      const data = new FormData();
      data.append("csrfmiddlewaretoken", token());
      if (left) {
        data.append("left", "1");
      }
      return data;
    };
    const tell = async () => {
      const answer = await fetch(here.dataset.open, { method: "POST", body: body(false) });
      if (!answer.ok) {
        return;
      }
      const { others, version } = await answer.json();
      const told = others.length ? [`${here.dataset.one} ${others.join(", ")}`] : [];
      if (String(version) !== here.dataset.version) {
        told.push(here.dataset.newer);
      }
      const text = told.join(" ");
      if (text !== here.textContent.trim()) {
        here.textContent = text;
      }
    };
    window.setInterval(() => tell().catch(() => {}), MINUTE);
    document.addEventListener("submit", () => {
      saving = true;
    });
    window.addEventListener("pagehide", () => {
      if (!saving) {
        navigator.sendBeacon(here.dataset.open, body(true));
      }
    });
  }

  // The fields that look things up say what they are: the script that makes them leaves that out.
  const nameLookups = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const name = select.getAttribute("aria-label") || select.labels[0]?.textContent.trim();
      const shown = select.nextElementSibling;
      if (!name || !shown?.matches(".select2")) {
        continue;
      }
      for (const part of shown.querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")) {
        if (!part.matches("ul")) {
          part.setAttribute("aria-label", name);
        }
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => window.setTimeout(nameLookups));
  document.addEventListener("formset:added", () => window.setTimeout(nameLookups));

  // Put something under a field, not beside it.
  const below = (field, element) => (field.closest(".flex-container") ?? field).after(element);

  // How many words a text has, and whether that is enough or too many.
  for (const field of document.querySelectorAll("[data-words]")) {
    const [least, most] = field.dataset.words.split("-").map(Number);
    const count = document.createElement("p");
    count.className = "help word-count";
    count.setAttribute("aria-live", "polite");
    below(field, count);
    const tell = () => {
      const words = field.value.split(/\s+/u).filter(Boolean).length;
      count.textContent = field.dataset.wordsLabel.replace("%(n)s", words);
      count.classList.toggle("amiss", words < least || words > most);
    };
    field.addEventListener("input", tell);
    tell();
  }

  // Records that may be the same as the one whose title is typed.
  const title = document.querySelector("[data-duplicates]");
  if (title) {
    const list = document.createElement("div");
    list.className = "duplicates help";
    list.setAttribute("role", "status");
    below(title, list);
    let waiting = 0;
    const look = async () => {
      const address = new URL(title.dataset.duplicates, window.location.href);
      address.searchParams.set("q", title.value);
      const answer = await fetch(address);
      if (!answer.ok) {
        return;
      }
      const { found } = await answer.json();
      list.replaceChildren();
      if (!found.length) {
        return;
      }
      list.append(title.dataset.duplicatesLabel);
      const rows = document.createElement("ul");
      for (const one of found) {
        const row = document.createElement("li");
        const link = document.createElement("a");
        link.href = one.address;
        link.target = "_blank";
        link.textContent = one.title;
        row.append(link, ` (${one.status}; ${one.why})`);
        rows.append(row);
      }
      list.append(rows);
    };
    title.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => look().catch(() => {}), 300);
    });
  }
}
