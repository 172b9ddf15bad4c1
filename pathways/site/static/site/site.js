/* What makes the pages quicker; all of them work without it. */

(() => {
  "use strict";

  /* Suggestions under the search box: a combobox as the ARIA practices describe it. */

  function combobox(input) {
    const list = document.createElement("ul");
    list.id = `${input.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggestionsLabel);
    list.hidden = true;
    // It scrolls, and Tab would stop at it.
    list.tabIndex = -1;
    input.after(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    input.autocomplete = "off";
    let active = -1;
    let timer;
    let asked = 0;

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function show(suggestions) {
      list.replaceChildren(
        ...suggestions.map((suggestion, number) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${number}`;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.dataset.url = suggestion.url;
          const kind = document.createElement("span");
          kind.className = "suggestion-kind";
          kind.textContent = suggestion.kind;
          option.append(`${suggestion.label} `, kind);
          return option;
        }),
      );
      active = -1;
      list.hidden = suggestions.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
    }

    function move(step) {
      const options = list.children;
      if (list.hidden || options.length === 0) return;
      options[active]?.setAttribute("aria-selected", "false");
      active = (active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length;
      options[active].setAttribute("aria-selected", "true");
      options[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[active].id);
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      const question = input.value.trim();
      asked += 1;
      if (question.length < 2) {
        close();
        return;
      }
      const number = asked;
      timer = setTimeout(async () => {
        try {
          const address = `${input.dataset.suggestions}?q=${encodeURIComponent(question)}`;
          const answer = await (await fetch(address)).json();
          if (number === asked) show(answer.suggestions);
        } catch {
          close();
        }
      }, 120);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!list.hidden) event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        location.assign(list.children[active].dataset.url);
      }
    });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) {
        event.preventDefault();
        location.assign(option.dataset.url);
      }
    });
    input.addEventListener("blur", close);
  }

  /* A box above a long facet shows only the choices that contain what is typed; what is chosen always stays. */

  function filterBox(list) {
    const input = document.createElement("input");
    input.type = "search";
    input.className = "facet-box";
    input.id = `${list.closest(".facet").id}-box`;
    input.setAttribute("aria-label", list.dataset.long);
    input.placeholder = list.dataset.long;
    const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    input.addEventListener("input", () => {
      const wanted = plain(input.value.trim());
      for (const item of list.children) {
        const label = plain(item.querySelector(".choice-label").textContent);
        item.hidden = !item.querySelector("input").checked && !label.includes(wanted);
      }
    });
    // It only finds choices: what is typed in it is no change of the filter.
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.before(input);
  }

  /* Citations are copied with one key; where the browser cannot, there is no button. */

  async function copy(button) {
    const status = button.closest(".cite").querySelector("[role=status]");
    const { copies, copiesFrom, copied } = button.dataset;
    const text = async () => {
      if (copies) return document.getElementById(copies).textContent;
      const answer = await fetch(copiesFrom);
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    };
    status.textContent = "";
    try {
      // Given as a promise: by the time the text is there, some browsers have forgotten that a key was pressed.
      const blob = text().then((found) => new Blob([found], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      status.textContent = copied;
    } catch {
      status.textContent = status.dataset.failed;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copies], [data-copies-from]");
    if (button) copy(button);
  });

  function prepare(root) {
    root.querySelectorAll("[data-copies], [data-copies-from]").forEach((button) => {
      button.hidden = !(navigator.clipboard && window.ClipboardItem);
    });
    root.querySelectorAll("[data-long]").forEach((list) => {
      if (!list.previousElementSibling?.classList.contains("facet-box")) filterBox(list);
    });
  }

  document.querySelectorAll("[data-suggestions]").forEach(combobox);
  prepare(document);

  /* Formats that arrive only when they are made: say so meanwhile. What goes wrong leaves a plain link. */

  async function fetchFile(link, status) {
    link.setAttribute("aria-disabled", "true");
    status.textContent = link.dataset.making;
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
      const file = document.createElement("a");
      file.href = URL.createObjectURL(await answer.blob());
      file.download = named?.[1] ?? "";
      file.click();
      setTimeout(() => URL.revokeObjectURL(file.href), 60000);
      status.textContent = link.dataset.made;
    } catch {
      status.textContent = link.dataset.failed;
      link.removeAttribute("data-making");
    }
    link.removeAttribute("aria-disabled");
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-making]");
    const other = event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || other) return;
    event.preventDefault();
    const status = link.closest(".menu").querySelector("[role=status]");
    if (!link.hasAttribute("aria-disabled")) fetchFile(link, status);
  });

  /* A menu closes when the next thing is done. */

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest(".menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* When a list is refreshed in place, facets that were open stay open, and the focus stays where it was, and
     what is being typed is not lost. */

  let open = [];
  let focused = "";
  let typed = null;
  /* On a narrow screen the filters stand over the list, and refreshing it would close them: it waits for the button. */
  document.addEventListener("htmx:confirm", (event) => {
    const ticked = event.detail.triggeringEvent?.type === "change";
    if (ticked && matchMedia("(max-width: 59.99rem)").matches) event.preventDefault();
  });
  /* The address is kept, sent and cited: what was left empty has no place in it. */
  document.addEventListener("htmx:configRequest", (event) => {
    const fields = event.detail.formData;
    for (const [name, value] of [...fields]) if (!value) fields.delete(name);
  });
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("details.facet[open]")].map((facet) => facet.id);
    focused = document.activeElement?.id;
    typed = document.activeElement?.matches("#list input:not([type=checkbox])") ? document.activeElement.value : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    prepare(document);
    // htmx sees to it itself, but not in a facet that was closed until now, nor in filters that have gone from sight.
    for (const id of [focused, "results"]) {
      if (focused && document.activeElement === document.body) document.getElementById(id)?.focus();
    }
    const field = document.getElementById(focused);
    if (typed !== null && field && field.value !== typed) {
      field.value = typed;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      // The browser does not know that a reader changed it.
      field.addEventListener("blur", () => field.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
    }
  });
})();
