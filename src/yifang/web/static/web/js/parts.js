// State that lives inside one component, in Alpine's build without eval. Registered before Alpine starts.
function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function register() {
  document.addEventListener("alpine:init", () => {
    window.Alpine.data("fileDrop", () => ({
      over: false,
      files: [],
      get look() { return this.over ? "is-over" : ""; },
      get any() { return this.files.length > 0; },
      enter() { this.over = true; },
      leave() { this.over = false; },
      drop(event) {
        this.over = false;
        this.$refs.input.files = event.dataTransfer.files;
        this.list();
      },
      list() { this.files = [...this.$refs.input.files].map((file) => ({ name: file.name, size: size(file.size) })); },
    }));
    // shows its `x-show="on"` parts while the field named in data-when has one of the values in data-is
    window.Alpine.data("shownWhen", () => ({
      on: false,
      init() {
        const form = this.$el.closest("form");
        const values = this.$el.dataset.is.split("|");
        const look = () => { this.on = new FormData(form).getAll(this.$el.dataset.when).some((each) => values.includes(each)); };
        form.addEventListener("change", look);
        look();
      },
    }));
  });
}
