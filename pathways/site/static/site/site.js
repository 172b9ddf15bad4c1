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

  function prepare(root) {
    root.querySelectorAll("[data-long]").forEach((list) => {
      if (!list.previousElementSibling?.classList.contains("facet-box")) filterBox(list);
    });
  }

  document.querySelectorAll("[data-suggestions]").forEach(combobox);
  prepare(document);

  /* When a list is refreshed in place, facets that were open stay open, and the focus stays where it was. */

  let open = [];
  let focused = "";
  /* On a narrow screen the filters stand over the list, and refreshing it would close them: it waits for the button. */
  document.addEventListener("htmx:confirm", (event) => {
    const ticked = event.detail.triggeringEvent?.type === "change";
    if (ticked && matchMedia("(max-width: 59.99rem)").matches) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("details.facet[open]")].map((facet) => facet.id);
    focused = document.activeElement?.id;
  });
  document.addEventListener("htmx:afterSwap", () => {
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    prepare(document);
    // htmx sees to it itself, but not in a facet that was closed until now, nor in filters that have gone from sight.
    for (const id of [focused, "results"]) {
      if (focused && document.activeElement === document.body) document.getElementById(id)?.focus();
    }
  });
})();
