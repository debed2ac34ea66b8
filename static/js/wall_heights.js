/* How high every section of a wall is and where it begins, from the server's list: at a width W with gaps g a section is
   A·W − B·g + (rows − 1)·g high, its title aside. Nothing here touches the page. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});

  class Heights {
    constructor(sections) {
      this.sections = [];
      this.add(sections);
    }

    /* The day or month that was cut goes on, with no second title. */
    add(sections) {
      const more = sections.map(([title, month, first, last, count, a, b, rows]) => ({ title, month, first, last, count, a, b, rows }));
      if (more[0] && this.sections.some((section) => section.title === more[0].title)) more[0].title = "";
      for (const section of more) this.sections.push(section);
      this.number();
    }

    number() {
      this.starts = [];
      this.count = 0;
      for (const section of this.sections) {
        this.starts.push(this.count);
        this.count += section.count;
      }
    }

    /* Pixels: `title` is the height of a title, `dayGap` the space before one. */
    measure({ width, gap, title, dayGap }) {
      this.tops = new Float64Array(this.sections.length + 1);
      this.heights = new Float64Array(this.sections.length);
      let top = 0;
      this.sections.forEach((section, index) => {
        if (index && section.count) top += section.title ? dayGap : gap;
        this.tops[index] = top;
        this.heights[index] = section.count
          ? (section.title ? title : 0) + section.a * width + (section.rows - 1 - section.b) * gap
          : 0;
        top += this.heights[index];
      });
      this.tops[this.sections.length] = this.total = top;
    }

    /* The section that covers this height, or the one after it. */
    at(y) {
      let low = 0;
      let high = this.sections.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.tops[middle] + this.heights[middle] > y) high = middle;
        else low = middle + 1;
      }
      return low;
    }

    ofIndex(index) {
      let low = 0;
      let high = this.sections.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.starts[middle] <= index) low = middle;
        else high = middle - 1;
      }
      return low;
    }

    /* Keys fall: the section in which this one is, or would be. */
    ofKey(key) {
      let low = 0;
      let high = this.sections.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.sections[middle].last <= key) high = middle;
        else low = middle + 1;
      }
      return low;
    }

    /* All pictures of the day or month to which a section belongs. */
    countOfPeriod(index) {
      let count = this.sections[index].count;
      while (this.sections[++index] && !this.sections[index].title) count += this.sections[index].count;
      return count;
    }
  }

  Proofsheet.Heights = Heights;
})();
